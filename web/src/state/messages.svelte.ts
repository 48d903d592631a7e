/** The message that the page shows, and actions that may fail. */

import { UnreachableError } from "../api/api";
import { InvalidValueError } from "../engine/invalid_value";

/** The forms whose values Python or the page may refuse. */
export type FormName = "recipe" | "table" | "many-seeds" | "ladder";

/** A value of a form that was refused. */
interface InvalidField {
  form: FormName;
  parameter: string;
}

export class Messages {
  text = $state("");
  invalidField: InvalidField | null = $state.raw(null); // that the message is about

  show(text: string): void {
    this.text = text;
    this.invalidField = null;
  }

  dismiss(): void {
    this.show("");
  }

  /** Accept a changed form. Its message stays until it is dismissed. */
  unmark(form: FormName): void {
    if (this.invalidField?.form === form) this.invalidField = null;
  }

  /** Run an action and show its error, if any. Return whether the action succeeded.
   *
   * form : the form that started the action.
   */
  async attempt(action: () => Promise<unknown>, form?: FormName): Promise<boolean> {
    this.dismiss();
    try {
      await action();
      return true;
    } catch (error) {
      this.show(error instanceof Error ? error.message : String(error));
      if (form && error instanceof InvalidValueError) this.invalidField = { form, parameter: error.parameter };
      if (!isExpected(error)) console.error(error);
      return false;
    }
  }
}

/** Whether an error explains itself to the user. Others are bugs, such as a TypeError. */
const isExpected = (error: unknown): boolean =>
  error instanceof Error &&
  (error.constructor === Error || error instanceof UnreachableError || error instanceof InvalidValueError);
