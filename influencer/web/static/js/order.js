// The page of an order: asks how its payment goes until it has ended, then shows the page as it is then.

import { settled } from "./settled.js";

const { order, state } = document.getElementById("order").dataset;
if (state === "pending") settled(order).then(() => location.reload());
