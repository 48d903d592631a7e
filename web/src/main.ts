import { mount } from "svelte";
import "./app.css";
import App from "./views/App.svelte";
import { http } from "./core/api";

mount(App, { target: document.getElementById("lab")!, props: { api: http } });
