// What every page of the shell runs.

import { drawAll } from "./chart.js";
import { start } from "./ui.js";

start();
drawAll();
document.querySelector(".shell-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
