/** Marks the field of a form with a rejected value. */

import type { Attachment } from "svelte/attachments";
import type { FormName, Messages } from "../../state/messages.svelte";

export const MESSAGE_ID = "message";
const CHANGES = ["input", "change"];

/** Mark the field of the message, and focus the field. The mark is removed when the value of the field changes.
 *
 * The fields list Python's names for their values in `data-parameters`.
 */
export const markInvalid =
  (messages: Messages, form: FormName): Attachment<HTMLElement> =>
  (element) => {
    const invalid = messages.invalidField;
    const field = invalid?.form === form ? findField(element, invalid.parameter) : undefined;
    if (!field) return;
    const unmark = () => messages.unmark(form);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", MESSAGE_ID);
    for (const event of CHANGES) field.addEventListener(event, unmark);
    if (!isFocusElsewhere(element)) focus(field);
    return () => {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      for (const event of CHANGES) field.removeEventListener(event, unmark);
    };
  };

function findField(element: HTMLElement, parameter: string): HTMLElement | undefined {
  const fields = [...element.querySelectorAll<HTMLElement>("[data-parameters]:enabled")];
  return fields.find((field) => field.dataset.parameters!.split(" ").includes(parameter));
}

/** Whether the user has moved to another part of the page. */
function isFocusElsewhere(element: HTMLElement): boolean {
  const root = element.getRootNode() as Document | ShadowRoot;
  const focused = root.activeElement ?? document.activeElement;
  return focused !== null && focused !== document.body && !element.contains(focused);
}

function focus(field: HTMLElement): void {
  const details = field.closest("details");
  if (details) details.open = true;
  field.focus();
}
