/// <reference lib="dom" />
/**
 * A page for tests that shows a recorded episode, `/recording`, and nothing else: a timeline of its own
 * goes round, unless the address fixes a time (`#time=1.5`). It tells how much is drawn and how fast.
 */
import { decodeRecording, servedHeader } from "../../cluster/scene_recording.ts";
import { element } from "../../viewer/web/dom.ts";
import { Episode } from "../../viewer/web/scene/episode.ts";
import { TaskScene } from "../../viewer/web/scene/task_scene.ts";
import type { ViewPoint } from "../../viewer/web/stage.ts";
import { Themes } from "../../viewer/web/theme.ts";

const facts = document.documentElement.dataset;
const scene = new TaskScene(element("#scene", HTMLCanvasElement));
new Themes().follow((theme) => scene.paint(theme));

const answer = await fetch("/recording");
const recording = decodeRecording(new Uint8Array(await answer.arrayBuffer()), servedHeader);
const episode = new Episode(recording);
scene.open(recording.scene, episode.copies);
facts.calls = String(scene.load.calls);
facts.triangles = String(scene.load.triangles);

addEventListener("hashchange", look);
look();

/** The view point that the address names. */
function look(): void {
  scene.look((address().get("view") ?? "three-quarter") as ViewPoint);
}

function address(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

let frames = 0;
/** Time of the script for one frame, ms, a running mean. */
let cost = 0;
requestAnimationFrame(function show(now) {
  const fixed = address().get("time");
  const time = fixed === null ? now / 1000 % (episode.duration + 0.5) : Number(fixed);
  const before = performance.now();
  scene.show(episode.at(time));
  scene.render();
  cost += (performance.now() - before - cost) / Math.min(++frames, 60);
  facts.cost = cost.toFixed(3);
  facts.frames = String(frames);
  requestAnimationFrame(show);
});
