/** A program that stops when it is asked to, which takes as long as its argument says, ms. */
import { StopSignal } from "../../cli/stop_signal.ts";

const stop = new StopSignal(() => console.log("asked"));
// Listening for signals alone keeps no program running.
const alive = setInterval(() => {}, 1_000);
console.log("ready");
await stop.requested;
await new Promise((resolve) => setTimeout(resolve, Number(Deno.args[0])));
console.log("saved");
stop.close();
clearInterval(alive);
