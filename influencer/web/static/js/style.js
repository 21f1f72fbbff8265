// The style page's examples of what ui.js offers.

import { ask, toast } from "./ui.js";

document.addEventListener("click", async ({ target }) => {
  if (target.closest("[data-toasts]")) toast("Saved.");
  if (target.closest("[data-asks]") && (await ask("Stop this show for good?", { yes: "Stop it" }))) toast("It would have stopped.");
});
