/** Recorded episodes: they are what the evaluation sees, and what is drawn is where things are. */
import assert from "node:assert/strict";
import { recordEpisodes } from "../../../agents/episodes/record.ts";
import { describeTask } from "../../../agents/episodes/task_scenes.ts";
import { coordinateUnits } from "../../../cluster/scene_frame.ts";
import { sceneDescription } from "../../../cluster/scene_protocol.ts";
import { scriptedPush } from "../../../controllers/scripted_push.ts";
import { type Act, evaluate, randomPolicy } from "../../../learners/rl/evaluation.ts";
import { createEnvironment, taskSpecifications } from "../../../sim/environments/catalogue.ts";
import { pandaPushRows } from "../../../sim/environments/panda_push.ts";

const copies = 2;
const seed = 11;

for (const { name, horizon } of taskSpecifications) {
  Deno.test(`${name}: an episode is recorded from its start to its end, as it is evaluated`, () => {
    const random = () => randomPolicy(createEnvironment(name, copies), seed);
    const recording = recordEpisodes({ task: name, copies, seed, policy: "random", act: random() });
    const { returns, successes } = evaluate(createEnvironment(name, copies), random(), seed);
    assert.deepEqual(recording.outcomes.map((outcome) => outcome.return), returns);
    assert.deepEqual(
      recording.outcomes.map(({ success }) => success),
      successes ?? returns.map(() => undefined),
    );
    assert.deepEqual(
      recording.frames.map(({ step }) => step),
      Array.from({ length: horizon + 1 }, (_, step) => step),
    );
    const scene = sceneDescription.parse(recording.scene);
    const { length } = coordinateUnits(scene);
    for (const { coordinates } of recording.frames) {
      assert.equal(coordinates.length, copies * length);
    }
    const bytes = 2 * length;
    const allowed = 4 * scene.robot.joints.length + 8;
    assert.ok(bytes <= allowed, `${bytes} bytes of an arm; at most ${allowed}`);
  });
}

Deno.test("the recorded cube and goal are where the policy sees them", () => {
  const seen: number[][] = [];
  const act: Act = (observation, actions) => {
    seen.push([...observation]);
    actions.set(scriptedPush(observation));
  };
  const { frames, scene, outcomes: [{ success }] } = recordEpisodes({
    task: "PandaPush",
    copies: 1,
    seed,
    policy: "scripted",
    act,
  });
  assert.equal(success, true);
  const joints = scene.robot.joints.length;
  seen.forEach((observation, step) => {
    const coordinates = [...frames[step].coordinates as number[]];
    const { cube, goal } = pandaPushRows;
    assert.deepEqual(coordinates.slice(0, 7), observation.slice(0, 7));
    assert.deepEqual(coordinates.slice(joints, joints + 3), observation.slice(cube, cube + 3));
    assert.deepEqual(coordinates.slice(joints + 7), observation.slice(goal, goal + 3));
  });
  const [before, after] = [frames[0], frames[frames.length - 1]]
    .map(({ coordinates }) => coordinates[joints]);
  assert.ok(after - before > 0.1, "the last frame shows the cube at its goal");
});

Deno.test("the Panda's command changes when it does for the policy", () => {
  const { frames } = recordEpisodes({
    task: "PandaReach",
    copies: 1,
    seed,
    policy: "none",
    act: (_observation, actions) => void actions.fill(0),
  });
  const commands = frames.map(({ coordinates }) => [...coordinates as number[]].slice(7).join());
  const changes = commands.flatMap((command, step) =>
    step > 0 && command !== commands[step - 1] ? [step] : []
  );
  assert.deepEqual(changes, [120, 240]);
});

Deno.test("tasks and numbers of copies that there are not are refused by name", () => {
  assert.throws(
    () => describeTask("Knitting"),
    /no scene for a task "Knitting"; there are ArmReacher/,
  );
  assert.throws(
    () => recordEpisodes({ task: "ArmReacher", copies: 0, seed, policy: "", act: () => {} }),
    /copies is 0; expected a positive whole number/,
  );
});
