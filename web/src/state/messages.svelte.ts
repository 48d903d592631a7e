/** The message that the page shows, and actions that may fail. */

import { UnreachableError } from "../api/api";
import { InvalidValueError } from "../engine/invalid_value";

/** Forms with values that Python or the page may reject. */
export type FormName = "recipe" | "table" | "many-seeds" | "ladder";

/** A rejected value of a form. */
interface InvalidField {
  form: FormName;
  parameter: string;
}

export class Messages {
  text = $state("");
  invalidField: InvalidField | null = $state.raw(null); // the field of the message

  show(text: string): void {
    this.text = text;
    this.invalidField = null;
  }

  dismiss(): void {
    this.show("");
  }

  /** Accept a changed form. The message of the form stays until it is dismissed. */
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

/** Whether an error has a message for the user. Other errors are bugs, such as a TypeError. */
const isExpected = (error: unknown): boolean =>
  error instanceof Error &&
  (error.constructor === Error || error instanceof UnreachableError || error instanceof InvalidValueError);
