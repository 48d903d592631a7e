/** The laboratory as one module: a page of its own finds its place by itself, a notebook's widget renders it, any other host calls `mountLab`. */

import { http } from "./core/api";
import { browser, guest } from "./core/host";
import { mountLab } from "./mount";

export { mountLab, http, browser, guest };
export { default } from "./widget"; // as anywidget wants it

const place = document.getElementById("tinynet-page");
if (place) mountLab(place, { api: http, host: browser });
