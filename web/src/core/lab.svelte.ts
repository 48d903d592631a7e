/** The laboratory's state: experiments, where we stand in them, and what is looked at. */

import { plainState, rootOf, rootsOf, toAddress, type BranchSpec, type Root, type State } from "./address";
import { Unreachable, type Api } from "./api";
import { Builder } from "./building";
import { keep, Shelf, stateOf, type Kept } from "./kept";
import type { Run } from "./run";
import { LAST_STOP, Spot, type Place } from "./spot.svelte";
import { isTable, OwnTable } from "./table.svelte";
import type { ChapterHead, Experiment, Pictures } from "./types";

const FRAME = 12; // milliseconds of training between two frames

/** What may be large of a state; it is only replaced as a whole. */
type Large = Pick<State, "pictures" | "heldOut" | "parameters" | "others">;

export class Lab {
  state: State = $state(plainState());
  runs: Run[] = $state.raw([]);
  private grids: Record<number, Record<string, Pictures>> = $state.raw({}); // the sets of pictures, by grid
  trained = $state(0); // grows whenever a run has more to show
  unsureBelow = $state(0.2);
  chapters: ChapterHead[] = $state.raw([]);
  limits: Record<string, number> = $state.raw({});
  version = $state("");
  title = $state("TinyNet");
  message = $state("");
  ready = $state(false);
  playing = $state(false);
  speed = $state(20); // nudges a second

  run: Run | undefined = $derived(this.runs[this.state.active]);
  root: Root = $derived(rootsOf(this.state)[this.rootIndex()]); // that the present run grew from
  sets: Record<string, Pictures> = $derived(this.grids[this.root.grid] ?? {});
  local = $derived(this.run ? Math.min(Math.max(this.state.step - this.run.setup.firstStep, 0), this.reached) : 0);
  lines: Pictures | undefined = $derived(this.root.pictures ?? this.sets.lines);
  place: Place = $derived.by(() => {
    const { stop, own, silenced, frozen } = this.state;
    return { run: this.run!, local: this.local, stop, own, silenced, frozen };
  });
  settled: Place | null = $state.raw(null); // the place as it was a moment ago, while it moves quickly
  readonly now = new Spot(() => this.place);
  readonly calm = new Spot(() => this.settled ?? this.place);
  readonly table = new OwnTable(this);

  private readonly builder: Builder;
  private beginning = plainState();
  private large: Large = plainState(); // of the present state, as it was put
  private readonly shelf = new Shelf();
  private building = 0;

  constructor(readonly api: Api) {
    this.builder = new Builder(api);
  }

  /** The address of the present state; null where that is more than an address should carry. */
  get address(): string | null {
    const { pictures, heldOut, parameters, others, ...moving } = this.state;
    return toAddress({ ...($state.snapshot(moving) as typeof moving), ...this.large }, this.beginning);
  }

  /** Why a link would not lead to what is shown, if it would not. */
  get unlinked(): string | null {
    if (rootsOf(this.state).some(({ watched }) => watched !== null))
      return "This training ran in PyTorch, and a link does not have its steps; save the recording and send that.";
    if (this.address !== null) return null;
    return "These are too many examples for a link; save the recording and send that.";
  }

  /** How many nudges of the present run are done. */
  get reached(): number {
    void this.trained;
    return this.run?.done ?? 0;
  }

  // --- reading -------------------------------------------------------------------------------------------------

  /** The average loss of each epoch of a run, so far. */
  losses(run: Run): number[] {
    void this.trained;
    return run.lossPerEpoch;
  }

  /** How far the first layer's weights moved in each epoch, so far. */
  movements(run: Run): number[] {
    void this.trained;
    return run.movementPerEpoch;
  }

  /** The average loss on what is held out after each epoch of a run, so far; none where nothing is. */
  heldOutLosses(run: Run): number[] {
    void this.trained;
    return run.heldOutPerEpoch;
  }

  /** What a run is called: by its name, or by its place. */
  nameOf(which: number): string {
    const roots = rootsOf(this.state);
    if (which >= roots.length) return `branch ${which - roots.length + 1}`;
    return roots[which].name ?? (roots.length === 1 ? "the run" : `run ${which + 1}`);
  }

  // --- moving --------------------------------------------------------------------------------------------------

  goto(step: number): void {
    if (!this.run) return;
    const first = this.run.setup.firstStep;
    this.state.step = Math.min(Math.max(Math.round(step), first), first + this.run.total);
  }

  stepBy(nudges: number): void {
    this.goto(this.run!.setup.firstStep + this.local + nudges);
  }

  stepByStop(by: 1 | -1): void {
    const stop = this.state.stop + by;
    if (stop >= 0 && stop <= LAST_STOP) this.state.stop = stop;
    else if (by > 0 ? this.local < this.run!.total : this.local > 0) {
      this.stepBy(by);
      this.state.stop = by > 0 ? 0 : LAST_STOP;
    }
  }

  /** Open a cell; one that no sheet here has is left alone. */
  open(cell: string): void {
    if (this.run && this.known(cell)) this.state.open = cell;
  }

  rewind(): void {
    this.state.active = this.rootIndex();
    this.state.step = 0;
  }

  /** Look at another run at the same step; what only a network like the last one has is let go. */
  show(which: number): void {
    const before = String(this.run?.setup.architecture.sizes);
    this.state.active = which;
    if (String(this.run?.setup.architecture.sizes) === before) return;
    Object.assign(this.state, { own: null, silenced: [], frozen: [] });
  }

  // --- experiments ---------------------------------------------------------------------------------------------

  /** Meet what answers the page, and take what it brings. */
  async start(): Promise<void> {
    const [about, brought] = await Promise.all([this.api.about(), this.api.brought?.() ?? []]);
    this.shelf.brought = await Promise.all(brought.map((one) => keep(one)));
    this.beginning = stateOf(this.shelf.brought);
    this.title = about.title ?? this.title;
    this.version = about.version;
    this.limits = about.limits;
    this.chapters = about.chapters;
  }

  /** The state that the page begins with. */
  plain(): State {
    const { pictures, heldOut, parameters, others, ...moving } = this.beginning;
    return { ...structuredClone(moving), pictures, heldOut, parameters, others };
  }

  /** Show another state: build its runs again, from the same starts. */
  async become(state: State): Promise<void> {
    const mine = ++this.building;
    const runs: Run[] = [];
    const grids: typeof this.grids = {};
    for (const root of rootsOf(state)) {
      const { sets, unsure_below } = await this.builder.pictures(root.grid);
      this.unsureBelow = unsure_below;
      grids[root.grid] = sets;
      runs.push(await this.builder.root(root, this.shelf.playedOf(root)));
    }
    for (const spec of state.branches) runs.push(await this.branchRun(runs, spec, mine));
    if (mine !== this.building) return;
    this.grids = grids;
    this.playing = false;
    this.runs = runs;
    this.put(state);
    if (!this.known(state.open)) this.state.open = this.firstParameter();
    this.ready = true;
    runs[state.active].advance(FRAME);
    this.trained++;
    for (const run of runs) void this.finish(run, mine);
  }

  /** Change the present run's training from its start: branches are left behind. */
  async change(change: Partial<State>): Promise<void> {
    const state = $state.snapshot(this.state) as State;
    const [roots, active] = [rootsOf(state), this.rootIndex()];
    roots[active] = rootOf({ ...roots[active], name: null, ends: null, watched: null, ...change });
    const [first, ...others] = roots;
    const left = { branches: [], active, silenced: [], frozen: [] };
    await this.attempt(() => this.become({ ...state, ...change, ...left, ...first, others }));
  }

  /** Train on from here with something changed; the run so far stays beside it. */
  async branch(change: Omit<BranchSpec, "from" | "at">, move = true): Promise<void> {
    const { silenced, frozen, active } = $state.snapshot(this.state);
    const from: BranchSpec = { from: active, at: this.local, ...change };
    const held = this.run!.setup;
    from.silenced = [...new Set([...held.silenced, ...silenced])];
    from.frozen = [...new Set([...held.frozen, ...frozen])];
    await this.attempt(async () => {
      const mine = this.building;
      const run = await this.branchRun(this.runs, from, mine);
      this.state.branches.push(from);
      this.runs = [...this.runs, run];
      if (move) this.state.active = this.runs.length - 1;
      this.state.silenced = [];
      this.state.frozen = [];
      if (from.only) this.state.own = null;
      void this.finish(run, mine);
    });
  }

  /** Leave a run and all that grew from it. */
  async prune(which: number): Promise<void> {
    const state = $state.snapshot(this.state) as State;
    const roots = 1 + state.others.length;
    const gone = new Set([which]);
    state.branches.forEach((spec, k) => gone.has(spec.from) && gone.add(roots + k));
    const left = this.runs.map((_, k) => k).filter((k) => !gone.has(k));
    state.others = state.others.filter((_, k) => !gone.has(1 + k));
    state.branches = state.branches
      .filter((_, k) => !gone.has(roots + k))
      .map((spec) => ({ ...spec, from: left.indexOf(spec.from) }));
    state.active = Math.max(0, left.indexOf(state.active));
    this.runs = left.map((k) => this.runs[k]);
    this.put(state);
  }

  /** The experiment of the present run, as Python takes it. */
  experiment(): Experiment {
    const { setup, prepared } = this.run!;
    if (setup.silenced.length + setup.frozen.length > 0) {
      throw new Error(
        "A training with silenced nodes or frozen parameters has no recording in Python; branch without them first.",
      );
    }
    const { architecture, recipe, pictures, world } = setup;
    if (setup.ends) {
      throw new Error(
        "This training was stopped early by what the page does not have; open its recording again to save it.",
      );
    }
    const { seed } = this.root;
    const root = this.state.active === this.rootIndex() && this.root.parameters === null;
    const start = [...this.run!.memory(0)].slice(0, [...prepared.values()][0].parameters.length);
    const origin = `seed ${seed}, branched after ${setup.firstStep} nudges`;
    const given = root ? {} : { parameters: start, origin };
    const from = world ? { world } : {};
    return { architecture, recipe, examples: pictures, seed, ...given, ...from };
  }

  /** The recording of the present run: the file it was opened from, as it is, or what Python makes of it. */
  async recording(): Promise<ArrayBuffer> {
    const kept = this.keptOf(this.run!);
    if (kept) return kept.bytes;
    if (!this.api.recording)
      throw new Error(
        "Here only the recordings that came along, or were opened, can be saved as they were; to make one of this training needs Python: tinynet lab.",
      );
    return this.api.recording(this.experiment());
  }

  async openFile(file: File): Promise<void> {
    if (isTable(file)) return this.table.open(file);
    await this.attempt(async () => {
      const opened = await keep({ name: null, bytes: await file.arrayBuffer() }, file.name);
      const step = opened.steps - (opened.played ? 1 : 0); // the last that is whole
      await this.shelf.with(opened, () => this.become({ ...stateOf([opened]), step }));
    });
  }

  /** Say what went wrong, if anything does. */
  async attempt(action: () => Promise<unknown>): Promise<boolean> {
    this.message = "";
    try {
      await action();
      return true;
    } catch (error) {
      this.message = error instanceof Error ? error.message : String(error);
      if (!(error instanceof Error) || (error.constructor !== Error && !(error instanceof Unreachable)))
        console.error(error);
      return false;
    }
  }

  private put(state: State): void {
    const { pictures, heldOut, parameters, others } = state;
    this.state = state;
    this.large = { pictures, heldOut, parameters, others };
  }

  /** Which run a run grew from; itself, where it grew from none. */
  private rootIndex(which = this.state.active): number {
    const { others, branches } = this.state;
    return which <= others.length ? which : this.rootIndex(branches[which - 1 - others.length].from);
  }

  private keptOf(run: Run): Kept | undefined {
    const root = rootsOf(this.state)[this.runs.indexOf(run)];
    return root && this.shelf.find(root);
  }

  /** A recording that is trained again here has to end with the numbers it came with. */
  private checkAgainst({ final, label }: Kept, run: Run): void {
    const ours = run.memory(run.done);
    const worst = Math.max(...[...final].map((value, k) => Math.abs(value - ours[k])));
    if (worst > 0) this.message = `${label}: replayed here, its last numbers differ by up to ${worst.toPrecision(2)}.`;
  }

  private async branchRun(runs: Run[], spec: BranchSpec, mine: number): Promise<Run> {
    const parent = runs[spec.from];
    if (!parent) throw new Error("The address is damaged: a branch grows from a run that is not there.");
    while (parent.done < spec.at && !parent.finished && mine === this.building) await this.aFrame(parent);
    return this.builder.branch(parent, spec);
  }

  private async finish(run: Run, mine: number): Promise<void> {
    while (!run.finished && mine === this.building) await this.aFrame(run);
    this.trained++;
    if (mine !== this.building) return;
    const kept = this.keptOf(run);
    if (run.stopped) this.message = `The training stopped: ${run.stopped.reason}.`;
    else if (kept) this.checkAgainst(kept, run);
  }

  private async aFrame(run: Run): Promise<void> {
    run.advance(FRAME);
    this.trained++;
    await new Promise((resolve) => setTimeout(resolve));
  }

  private known(name: string): boolean {
    return this.run!.preparedFor(1).sheet.has(name) || name.startsWith("picture");
  }

  private firstParameter(): string {
    return this.run!.preparedFor(1).answer.parameters[0];
  }
}
