// Entry point: every feature attaches to markup that already works without it.
import { startCharts } from "./charts.js";
import { startCopy } from "./copy.js";
import { startDialogs } from "./dialogs.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMarks } from "./marks.js";
import { startPalette } from "./palette.js";
import { startRegions } from "./regions.js";
import { startTabs } from "./tabs.js";
import { startTheme } from "./theme.js";
import { startTime } from "./time.js";
import { startToasts } from "./toasts.js";
import { startUpload } from "./upload.js";

document.documentElement.classList.add("js");
for (const start of [startRegions, startDialogs, startPalette, startKeys, startToasts, startCopy, startTabs, startTheme, startTime, startCharts, startUpload, startMarks, startLive]) {
  start();
}
