/** The message that the page shows, and actions that may fail. */

import { UnreachableError } from "../api/api";

export class Messages {
  text = $state("");

  /** Run an action and show its error, if any. Return whether the action succeeded. */
  async attempt(action: () => Promise<unknown>): Promise<boolean> {
    this.text = "";
    try {
      await action();
      return true;
    } catch (error) {
      this.text = error instanceof Error ? error.message : String(error);
      if (!isExpected(error)) console.error(error);
      return false;
    }
  }
}

/** Whether an error explains itself to the user. Others are bugs, such as a TypeError. */
const isExpected = (error: unknown): boolean =>
  error instanceof Error && (error.constructor === Error || error instanceof UnreachableError);
