// The viewer's orders: giving one up that is not paid, after being asked. The server decides whether it still can be.

const dialog = document.getElementById("cancel-dialog");
const error = document.getElementById("cancel-error");
const yes = document.getElementById("cancel-yes");
let opener = null;

for (const button of document.querySelectorAll("[data-cancel]")) {
  button.addEventListener("click", () => {
    opener = button;
    error.textContent = "";
    document.getElementById("cancel-order").textContent = button.dataset.cancel;
    dialog.showModal();
  });
}

dialog.addEventListener("close", () => opener?.focus());
yes.addEventListener("click", async () => {
  yes.disabled = true;
  const answer = await fetch(`/api/orders/${opener.dataset.cancel}/cancel`, { method: "POST" }).catch(() => null);
  yes.disabled = false;
  if (answer?.ok) location.reload();
  else error.textContent = error.dataset.failed;
});
