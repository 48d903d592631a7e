/** The entry of the page. It mounts itself in its own document. Notebooks and other hosts mount it themselves. */

import { embedded } from "./api/embedded";
import { http } from "./api/http";
import { browser, guest } from "./host/host";
import { mountLab } from "./mount";

export { mountLab, http, embedded, browser, guest };
export { default } from "./widget"; // for anywidget

const target = document.getElementById("tinynet-page");
const data = document.getElementById("tinynet-data"); // in an offline file
if (target) mountLab(target, { api: data ? embedded(data.textContent!) : http, host: browser });
