/** The laboratory as one module: a page of its own finds its place by itself, a notebook renders it, any other host calls `mountLab`. */

import { http } from "./core/api";
import { embedded } from "./core/embedded";
import { browser, guest } from "./core/host";
import { mountLab } from "./mount";

export { mountLab, http, embedded, browser, guest };
export { default } from "./widget"; // as anywidget wants it

const place = document.getElementById("tinynet-page");
const data = document.getElementById("tinynet-data"); // in an offline file
if (place) mountLab(place, { api: data ? embedded(data.textContent!) : http, host: browser });
