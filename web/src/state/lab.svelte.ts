/** The state of the laboratory: its trainings, the current step, and the user's selection. */

import type { Api } from "../api/api";
import type { Run } from "../engine/run";
import type { ChapterHead, Choices, Examples } from "../types";
import { Builder } from "./builder";
import { ChosenExample } from "./chosen_example.svelte";
import { Files } from "./files";
import { type FormName, Messages } from "./messages.svelte";
import { Playback } from "./playback.svelte";
import { Position, type Selection } from "./position.svelte";
import { readRecording, Recordings, replayWarning, stateOfRecordings } from "./recordings";
import {
  type BranchSpec,
  defaultState,
  type Root,
  rootIndex,
  rootOf,
  rootsOf,
  runName,
  type State,
  withoutRun,
} from "./state";
import { TableImport } from "./table.svelte";
import { Trainer } from "./trainer.svelte";
import { toAddress } from "./url_state";

/** The large fields of a state. These fields are never changed in place, so that they need no snapshot. */
type Large = Pick<State, "pictures" | "heldOut" | "parameters" | "others">;

export class Lab {
  state: State = $state(defaultState());
  runs: Run[] = $state.raw([]);
  private grids: Record<number, Record<string, Examples>> = $state.raw({}); // built-in data sets by picture size
  unsureBelow = $state(0.2);
  chapters: ChapterHead[] = $state.raw([]);
  limits: Record<string, number> = $state.raw({});
  choices: Choices = $state.raw({});
  version = $state("");
  title = $state("TinyNet");
  ready = $state(false);

  run: Run | undefined = $derived(this.runs[this.state.active]);
  root: Root = $derived(rootsOf(this.state)[rootIndex(this.state)]); // root of the current run
  sets: Record<string, Examples> = $derived(this.grids[this.root.grid] ?? {});
  runStep = $derived(
    this.run ? this.run.keptStep(Math.min(Math.max(this.state.step - this.run.setup.firstStep, 0), this.stepsDone)) : 0,
  );
  lines: Examples | undefined = $derived(this.root.pictures ?? this.sets.lines);
  selection: Selection = $derived.by(() => {
    const { phase, custom, silenced, frozen } = this.state;
    return { run: this.run!, runStep: this.runStep, phase, custom, name: this.chosen.name, silenced, frozen };
  });
  settledSelection: Selection | null = $state.raw(null); // updated late while the selection changes quickly
  readonly now = new Position(() => this.selection);
  readonly settled = new Position(() => this.settledSelection ?? this.selection);

  readonly chosen = new ChosenExample(this);
  readonly messages = new Messages();
  readonly trainer = new Trainer();
  readonly recordings = new Recordings();
  readonly playback = new Playback(this);
  readonly files = new Files(this);
  readonly table: TableImport;
  private readonly builder: Builder;
  private initial = defaultState();
  private large: Large = defaultState();

  constructor(readonly api: Api) {
    this.builder = new Builder(api);
    this.table = new TableImport(api, this.messages, {
      load: (state) => this.load(state),
      seed: () => this.state.seed,
    });
  }

  /** The address of the current state; null if the state is too large for an address. */
  get address(): string | null {
    const { pictures, heldOut, parameters, others, ...small } = this.state;
    return toAddress({ ...($state.snapshot(small) as typeof small), ...this.large }, this.initial);
  }

  /** Why the current state cannot be shared as a link; null if it can. */
  get unlinked(): string | null {
    if (rootsOf(this.state).some(({ watched }) => watched !== null))
      return "A link cannot hold the steps of a PyTorch training. Save the recording and share the file.";
    if (this.address !== null) return null;
    return "The training has too many examples for a link. Save the recording and share the file.";
  }

  /** The number of trained steps of the current run. */
  get stepsDone(): number {
    void this.trainer.revision;
    return this.run?.done ?? 0;
  }

  /** Return the mean loss of each trained epoch of a run. */
  losses(run: Run): number[] {
    void this.trainer.revision;
    return run.lossPerEpoch;
  }

  /** Return the distance that the first layer's weights moved in each trained epoch. */
  movements(run: Run): number[] {
    void this.trainer.revision;
    return run.movementPerEpoch;
  }

  /** Return the mean loss on the held-out examples after each trained epoch. */
  heldOutLosses(run: Run): number[] {
    void this.trainer.revision;
    return run.heldOutPerEpoch;
  }

  runName(which: number): string {
    return runName(this.state, which);
  }

  /** Open a cell. Unknown cells are ignored. */
  open(cell: string): void {
    if (this.run && this.isKnown(cell)) this.state.open = cell;
  }

  /** Select a run at the same step. What-ifs are reset if its network has other layer sizes. */
  selectRun(which: number): void {
    const before = String(this.run?.setup.architecture.sizes);
    this.state.active = which;
    if (String(this.run?.setup.architecture.sizes) === before) return;
    Object.assign(this.state, { custom: null, silenced: [], frozen: [] });
  }

  /** Send the Api's first requests: all data of the page's first state. */
  async start(): Promise<void> {
    const [about, recordings] = await Promise.all([this.api.about(), this.api.initialRecordings?.() ?? []]);
    this.recordings.initial = await Promise.all(recordings.map((recording) => readRecording(recording)));
    this.initial = stateOfRecordings(this.recordings.initial);
    this.title = about.title ?? this.title;
    this.version = about.version;
    this.limits = about.limits;
    this.choices = about.choices;
    this.chapters = about.chapters;
  }

  /** Return a copy of the page's first state. */
  initialState(): State {
    const { pictures, heldOut, parameters, others, ...small } = this.initial;
    return { ...structuredClone(small), pictures, heldOut, parameters, others };
  }

  /** Load a state. Its runs are built from initial parameters and trained. */
  async load(state: State): Promise<void> {
    const generation = this.trainer.begin();
    const { runs, grids } = await this.build(state, generation);
    if (!this.trainer.isCurrent(generation)) return;
    this.grids = grids;
    this.playback.playing = false;
    this.runs = runs;
    this.replaceState(state);
    if (!this.isKnown(state.open)) this.state.open = this.firstParameter();
    this.ready = true;
    this.trainer.advance(runs[state.active]);
    for (const run of runs) void this.finish(run, generation);
  }

  /** Train the current root again with changes. `form` may be the source of the changes. The root's branches are removed. */
  async change(change: Partial<State>, form?: FormName): Promise<void> {
    const state = $state.snapshot(this.state) as State;
    const [roots, active] = [rootsOf(state), rootIndex(state)];
    roots[active] = rootOf({ ...roots[active], name: null, ends: null, watched: null, ...change });
    const [first, ...others] = roots;
    const reset = { branches: [], active, silenced: [], frozen: [] };
    await this.messages.attempt(() => this.load({ ...state, ...change, ...reset, ...first, others }), form);
  }

  /** Continue training from the current step with changes, which `form` may have made, in a run beside the current run. */
  async branch(change: Omit<BranchSpec, "from" | "at">, form?: FormName): Promise<void> {
    const { silenced, frozen, active } = $state.snapshot(this.state);
    const { setup } = this.run!;
    const spec: BranchSpec = { from: active, at: this.runStep, ...change };
    spec.silenced = [...new Set([...setup.silenced, ...silenced])];
    spec.frozen = [...new Set([...setup.frozen, ...frozen])];
    await this.messages.attempt(async () => {
      const generation = this.trainer.current;
      const run = await this.buildBranch(this.runs, spec, generation);
      this.state.branches.push(spec);
      this.runs = [...this.runs, run];
      Object.assign(this.state, { active: this.runs.length - 1, silenced: [], frozen: [] });
      if (spec.only) this.state.custom = null;
      void this.finish(run, generation);
    }, form);
  }

  /** Remove a run and all its branches. */
  removeRun(which: number): void {
    const { state, kept } = withoutRun($state.snapshot(this.state) as State, which);
    this.runs = kept.map((k) => this.runs[k]);
    this.replaceState(state);
  }

  private async build(state: State, generation: number): Promise<{ runs: Run[]; grids: Lab["grids"] }> {
    const runs: Run[] = [];
    const grids: Lab["grids"] = {};
    for (const root of rootsOf(state)) {
      const { sets, unsure_below } = await this.builder.builtinSets(root.grid);
      this.unsureBelow = unsure_below;
      grids[root.grid] = sets;
      runs.push(await this.builder.root(root, this.recordings.watchedOf(root)));
    }
    for (const spec of state.branches) runs.push(await this.buildBranch(runs, spec, generation));
    return { runs, grids };
  }

  private async buildBranch(runs: Run[], spec: BranchSpec, generation: number): Promise<Run> {
    const parent = runs[spec.from];
    if (!parent) throw new Error("The address is damaged. A branch starts from a run that does not exist.");
    await this.trainer.trainTo(parent, spec.at, generation);
    return this.builder.branch(parent, spec);
  }

  /** Train a run to its end. Show the reason for an early stop, or the differences from the recording. */
  private async finish(run: Run, generation: number): Promise<void> {
    await this.trainer.trainTo(run, run.total, generation);
    if (!this.trainer.isCurrent(generation)) return;
    const recording = this.files.openedAs(run);
    const warning = run.stopped
      ? `The training stopped. ${run.stopped.reason}`
      : recording && replayWarning(recording, run);
    if (warning) this.messages.show(warning);
  }

  private replaceState(state: State): void {
    const { pictures, heldOut, parameters, others } = state;
    this.state = state;
    this.large = { pictures, heldOut, parameters, others };
  }

  private isKnown(cell: string): boolean {
    return [...this.run!.prepared.values()].some(({ sheet }) => sheet.has(cell));
  }

  private firstParameter(): string {
    return this.run!.preparedFor(1).response.parameters[0];
  }
}
