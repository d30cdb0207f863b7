/** What the bus over a port does beyond the bus's contract, which tests/contract/bus_test.ts checks. */
import assert from "node:assert/strict";
import type { Bus } from "../../cluster/bus.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { attachPort, type Port, portBus } from "../../cluster/port_bus.ts";

type PortMessage = Parameters<Port["postMessage"]>[0];
type Listener = (event: MessageEvent<PortMessage>) => void;

/** Two ports joined directly: what one posts, the other hears at once. Both remember what was posted. */
function joinedPorts(): [owner: JoinedPort, worker: JoinedPort] {
  const [owner, worker] = [new JoinedPort(), new JoinedPort()];
  [owner.other, worker.other] = [worker, owner];
  return [owner, worker];
}

class JoinedPort implements Port {
  readonly posted: PortMessage[] = [];
  readonly #listeners = new Set<Listener>();
  other!: JoinedPort;

  postMessage(message: PortMessage): void {
    this.posted.push(message);
    this.other.hear(message);
  }

  hear(data: PortMessage): void {
    for (const listener of this.#listeners) listener(new MessageEvent("message", { data }));
  }

  addEventListener(_type: "message", listener: Listener): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "message", listener: Listener): void {
    this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

const unexpected = (error: unknown) => {
  throw error;
};

const payload = Uint8Array.of(1, 2, 3);

/** The subjects of what `port` has posted of one kind. */
const posted = ({ posted: all }: JoinedPort, kind: PortMessage["kind"]) =>
  all.filter((message) => message.kind === kind).map(({ subject }) => subject);

Deno.test("the owner forwards only what is subscribed beyond the port, however often it is", () => {
  const [ownerPort, workerPort] = joinedPorts();
  const owner = inProcessBus(unexpected);
  attachPort(owner, ownerPort);
  const worker = portBus(workerPort, unexpected);
  const [first, second] = [1, 2].map(() => worker.subscribe("wanted", () => {}));
  assert.deepEqual(posted(workerPort, "subscribe"), ["wanted"]);

  owner.publish("unwanted", payload);
  owner.publish("wanted", payload);
  assert.deepEqual(posted(ownerPort, "publish"), ["wanted"]);

  first.unsubscribe();
  owner.publish("wanted", payload);
  assert.equal(posted(ownerPort, "publish").length, 2);

  second.unsubscribe();
  assert.deepEqual(posted(workerPort, "unsubscribe"), ["wanted"]);
  owner.publish("wanted", payload);
  assert.equal(posted(ownerPort, "publish").length, 2);
});

Deno.test("what comes from beyond the port is not sent back there", () => {
  const [ownerPort, workerPort] = joinedPorts();
  const owner = inProcessBus(unexpected);
  attachPort(owner, ownerPort);
  const worker = portBus(workerPort, unexpected);
  let heard = 0;
  for (const bus of [owner, worker]) bus.subscribe("news", () => heard++);
  worker.publish("news", payload);
  assert.equal(heard, 2);
  assert.deepEqual(posted(ownerPort, "publish"), []);
});

Deno.test("several ports of one owner hear each other, each message once", () => {
  const owner = inProcessBus(unexpected);
  const heard: string[] = [];
  const workers = ["a", "b", "c"].map((name) => {
    const [ownerPort, workerPort] = joinedPorts();
    attachPort(owner, ownerPort);
    const bus = portBus(workerPort, unexpected);
    bus.subscribe("news", ([from]) => heard.push(`${name} hears ${from}`));
    return bus;
  });
  workers.forEach((bus, from) => bus.publish("news", Uint8Array.of(from)));
  const expected = ["a", "b", "c"].flatMap((name) =>
    [0, 1, 2].map((from) => `${name} hears ${from}`)
  );
  assert.deepEqual(heard.toSorted(), expected);
});

Deno.test("a detached port is left alone, in both directions", () => {
  const [ownerPort, workerPort] = joinedPorts();
  const owner = inProcessBus(unexpected);
  const detach = attachPort(owner, ownerPort);
  const worker = portBus(workerPort, unexpected);
  let heard = 0;
  for (const bus of [owner, worker]) bus.subscribe("news", () => heard++);
  detach();
  assert.equal(ownerPort.listeners, 0);
  owner.publish("news", payload);
  assert.equal(heard, 1, "the owner hears itself");
  worker.publish("news", payload);
  assert.equal(heard, 2, "the worker hears itself");
});

Deno.test("messages on the port that are not the bus's mean nothing to it", () => {
  const [ownerPort, workerPort] = joinedPorts();
  const calls: string[] = [];
  const recording: Bus = {
    publish: (subject) => calls.push(`publish ${subject}`),
    subscribe(subject) {
      calls.push(`subscribe ${subject}`);
      return { unsubscribe() {} };
    },
  };
  attachPort(recording, ownerPort);
  portBus(workerPort, unexpected).subscribe("news", () => calls.push("heard"));
  // A training thread ends with such a message on the same port.
  const ended: unknown = { kind: "ended", end: "finished" };
  for (const port of [ownerPort, workerPort]) port.hear(ended as PortMessage);
  assert.deepEqual(calls, ["subscribe news"]);
});
