/** Mark the field of a form whose value was refused. */

import type { Attachment } from "svelte/attachments";
import type { FormName, Messages } from "../../state/messages.svelte";

export const MESSAGE_ID = "message";
const CHANGES = ["input", "change"];

/** Mark the field that the message is about, and focus it. The mark goes when its value changes.
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

/** Whether the user has moved on to another part of the page. */
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
