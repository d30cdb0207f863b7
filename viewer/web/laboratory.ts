/// <reference lib="dom" />
/**
 * The page of a laboratory: one line to it, and several views of what it tells, each under an address of its
 * own.
 */
import { element } from "./dom.ts";
import { LaboratoryLine } from "./laboratory/line.ts";
import { Navigation } from "./laboratory/navigation.ts";
import { Orders } from "./laboratory/orders.ts";
import { Strip } from "./laboratory/strip.ts";
import { Router } from "./router.ts";
import { Themes } from "./theme.ts";
import { views } from "./views/catalogue.ts";
import { UnknownView } from "./views/unknown.ts";

const strip = new Strip();
const line = new LaboratoryLine((state) => strip.showLine(state));
const themes = new Themes();
const page = { line, themes, orders: new Orders(line) };

line.listen((message) => {
  if (message.type === "laboratory") strip.show(message);
  if (message.type === "rights") strip.showRights(message.control);
});
element("#theme", HTMLButtonElement).addEventListener("click", () => themes.toggle());

const navigation = new Navigation(views);
const routes = views.map(({ name, pathLength, open }) => ({ name, pathLength, view: open(page) }));
new Router(routes, new UnknownView(), (name) => navigation.show(name)).start();
