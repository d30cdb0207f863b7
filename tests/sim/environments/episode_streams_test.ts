/** Streams of episodes: whatever they have drawn before, they go on where another one stood. */
import assert from "node:assert/strict";
import { EpisodeStreams } from "../../../sim/environments/episode_streams.ts";
import type { RandomStream } from "../../../sim/random.ts";

const draw = (stream: RandomStream) => stream.normal() + stream.uniform();

/** Streams of three copies that have begun so many episodes each. */
function streamsAfter(episodes: readonly number[], seed = 1, first = 0): EpisodeStreams {
  const streams = new EpisodeStreams("task", 3);
  streams.reset(seed, first);
  episodes.forEach((count, copy) => {
    for (let episode = 0; episode < count; episode++) draw(streams.begin(copy));
  });
  return streams;
}

/** What each copy draws for its next three episodes. */
const next = (streams: EpisodeStreams) =>
  [0, 1, 2].map((copy) => [0, 1, 2].map(() => draw(streams.begin(copy))));

const others = {
  "at the beginning": streamsAfter([1, 1, 1]),
  "not so far": streamsAfter([2, 4, 5]),
  "just as far": streamsAfter([3, 4, 6]),
  "further in one copy": streamsAfter([1, 5, 1]),
  "under another seed": streamsAfter([1, 1, 1], 2),
  "with other copies": streamsAfter([1, 1, 1], 1, 3),
  "never begun": new EpisodeStreams("task", 3),
};

for (const [where, other] of Object.entries(others)) {
  Deno.test(`streams that stood ${where} go on from what was saved`, () => {
    const saved = streamsAfter([3, 4, 6]).save();
    let drawn = 0;
    other.restore(saved, (stream) => {
      drawn++;
      draw(stream);
    });
    assert.deepEqual(other.save(), saved);
    assert.deepEqual(next(other), next(streamsAfter([3, 4, 6])));
    if (where === "not so far") assert.equal(drawn, 2, "only what it had not come to");
  });
}
