/**
 * The backbone across a message port: a worker thread's side (`portBackbone`) and its owner's side
 * (`attachBackbone`), which serves the owner's backbone to the thread. The bus passes as in
 * `port_bus.ts`. What a thread has left undone when it is detached, such as hints that it had, is given
 * back at once.
 */
import {
  type Backbone,
  BackboneError,
  type Blobs,
  type Hint,
  type Link,
  type LinkState,
  type Logs,
  type Table,
  type TableName,
  tableNames,
  type WorkQueue,
} from "./backbone.ts";
import type { Subscription } from "./bus.ts";
import { attachPort, type Port, portBus } from "./port_bus.ts";
import {
  type BackbonePort,
  compact,
  Envelopes,
  errorOf,
  type Item,
  type Outcome,
  portableError,
  type PortableHint,
  type ProcedureName,
  procedures,
  type Reply,
  type Request,
  type Rest,
  type Source,
} from "./port_calls.ts";

export type { BackbonePort } from "./port_calls.ts";

type ErrorHandler = (error: unknown, subject: string) => void;

/**
 * The worker's side. It counts as "away" until its owner has answered; what is asked meanwhile waits.
 *
 * @param onError told what a subscriber, a watcher or a follower of this side threw, and on what
 */
export function portBackbone(port: BackbonePort, onError: ErrorHandler): Backbone {
  const owner = new Owner(port, onError);
  return {
    bus: portBus(port satisfies Port, onError),
    table(name) {
      if (tableNames.includes(name)) return portTable(owner, name);
      throw new RangeError(`no table ${name}; there are ${tableNames.join(", ")}`);
    },
    logs: portLogs(owner),
    queue: portQueue(owner),
    blobs: portBlobs(owner),
    link: owner,
    close: () => owner.close(),
    [Symbol.asyncDispose]: () => owner.close(),
  };
}

/** The owner, as seen from the worker: what was asked of it, and its link. */
class Owner implements Link {
  #state: LinkState = "away";
  #numbers = 0;
  readonly #envelopes: Envelopes<Request, Reply>;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #followers = new Map<number, (item: Item) => void>();
  readonly #handlers = new Set<(state: LinkState) => void>();

  constructor(port: BackbonePort, private readonly onError: ErrorHandler) {
    this.#envelopes = new Envelopes(port, (reply: Reply) => this.#hear(reply));
    this.#envelopes.post({ kind: "hello" });
  }

  get state(): LinkState {
    return this.#state;
  }

  onChange(handler: (state: LinkState) => void): Subscription {
    const own = (state: LinkState) => handler(state);
    this.#handlers.add(own);
    return { unsubscribe: () => this.#handlers.delete(own) };
  }

  /** Say something that has no answer. */
  tell(request: Request): void {
    if (this.#state !== "closed") this.#envelopes.post(request);
  }

  /** Ask something, under a number of its own; what is answered. */
  ask(request: (id: number) => Request): Promise<unknown> {
    if (this.#state === "closed") {
      return Promise.reject(refused());
    }
    const id = ++this.#numbers;
    const answer = Promise.withResolvers<unknown>();
    this.#asked.set(id, answer);
    this.#envelopes.post(request(id));
    return answer.promise;
  }

  call<Name extends ProcedureName>(name: Name, ...rest: Rest<Name>): Promise<Outcome<Name>> {
    const asked = this.ask((id) => ({ kind: "call", id, name, rest: rest.map(compact) }));
    return asked as Promise<Outcome<Name>>;
  }

  async follow(source: Source, handler: (item: Item) => void): Promise<Subscription> {
    let number = 0;
    const begun = this.ask((id) => {
      this.#followers.set(number = id, handler);
      return { kind: "follow", id, source };
    });
    const stop = () => {
      if (this.#followers.delete(number)) this.tell({ kind: "stop", id: number });
    };
    try {
      await begun;
    } catch (error) {
      this.#followers.delete(number);
      throw error;
    }
    return { unsubscribe: stop };
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.tell({ kind: "bye" });
    this.#change("closed");
    // The owner answers all that was asked before it hears of nothing more.
    await Promise.allSettled([...this.#asked.values()].map(({ promise }) => promise));
    this.#envelopes.end();
  }

  #hear(reply: Reply): void {
    if (reply.kind === "link") return this.#linkChanged(reply.state);
    if (reply.kind === "item") return this.#handOver(reply.id, reply.item);
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (reply.kind === "answer") asked?.resolve(reply.value);
    else asked?.reject(errorOf(reply.failure));
  }

  #handOver(id: number, item: Item): void {
    try {
      this.#followers.get(id)?.(item);
    } catch (error) {
      this.onError(error, "position" in item ? "logs.follow" : `watch of ${item.key}`);
    }
  }

  #linkChanged(state: LinkState): void {
    if (state === "closed") {
      const error = new BackboneError("unavailable", "the owner of this thread has left");
      for (const asked of this.#asked.values()) asked.reject(error);
      this.#asked.clear();
      this.#envelopes.end();
    }
    this.#change(state);
  }

  #change(state: LinkState): void {
    if (state === this.#state || this.#state === "closed") return;
    this.#state = state;
    if (state === "closed") this.#followers.clear();
    for (const handler of [...this.#handlers]) handler(state);
  }
}

function refused(): BackboneError {
  return new BackboneError("refused", "this end of the backbone is closed");
}

function portTable(owner: Owner, name: TableName): Table {
  return {
    get: (key) => owner.call("table.get", name, key),
    create: (key, value) => owner.call("table.create", name, key, value),
    update: (key, value, revision) => owner.call("table.update", name, key, value, revision),
    remove: (key, revision) => owner.call("table.remove", name, key, revision),
    keys: () => owner.call("table.keys", name),
    watch: (handler) =>
      owner.follow({ of: "table", name }, (item) => {
        if ("key" in item) handler(item);
      }),
  };
}

function portLogs(owner: Owner): Logs {
  return {
    append: (name, payload, after) => owner.call("logs.append", name, payload, after),
    last: (name) => owner.call("logs.last", name),
    read: (name, after = 0) => owner.call("logs.read", name, after),
    names: () => owner.call("logs.names"),
    remove: (name, until) => owner.call("logs.remove", name, until),
    follow: (name, handler, after = 0) =>
      owner.follow({ of: "log", name, after }, (item) => {
        if ("position" in item) handler(item);
      }),
  };
}

function portBlobs(owner: Owner): Blobs {
  return {
    put: (bytes) => owner.call("blobs.put", bytes),
    get: (digest) => owner.call("blobs.get", digest),
    list: () => owner.call("blobs.list"),
    remove: (digest, revision) => owner.call("blobs.remove", digest, revision),
  };
}

function portQueue(owner: Owner): WorkQueue {
  return {
    push: (lane, payload) => owner.call("queue.push", lane, payload),
    waiting: (lane) => owner.call("queue.waiting", lane),
    async pull(lanes, { signal, patience }) {
      if (signal.aborted) return undefined;
      let number = 0;
      const pulled = owner.ask((id) => ({ kind: "pull", id: number = id, lanes, patience }));
      const stop = () => owner.tell({ kind: "stop", id: number });
      signal.addEventListener("abort", stop);
      try {
        const hint = await pulled as PortableHint | undefined;
        if (hint) return portHint(owner, number, hint);
        if (owner.state === "closed") throw refused();
        return undefined;
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
  };
}

function portHint(owner: Owner, hint: number, { payload, deliveries }: PortableHint): Hint {
  return {
    payload,
    deliveries,
    working: () => owner.tell({ kind: "working", hint }),
    async done() {
      await owner.ask((id) => ({ kind: "done", id, hint }));
    },
    giveBack: (delay = 0) => owner.tell({ kind: "give-back", hint, delay }),
  };
}

/**
 * The owner's side: serve `backbone` to whoever is beyond `port`.
 * @returns how to stop, as when the thread has ended
 */
export function attachBackbone(backbone: Backbone, port: BackbonePort): () => void {
  const detachBus = attachPort(backbone.bus, port satisfies Port);
  const thread = new ServedThread(backbone, port);
  return () => {
    detachBus();
    thread.end();
  };
}

/** The worker, as seen from its owner: what it follows, pulls, and has not dealt with. */
class ServedThread {
  readonly #envelopes: Envelopes<Reply, Request>;
  readonly #link: Subscription;
  readonly #followed = new Map<number, Promise<Subscription>>();
  readonly #pulls = new Map<number, AbortController>();
  readonly #hints = new Map<number, Hint>();
  #ended = false;

  constructor(private readonly backbone: Backbone, port: BackbonePort) {
    this.#envelopes = new Envelopes(port, (request: Request) => this.#hear(request));
    this.#link = backbone.link.onChange((state) => this.#post({ kind: "link", state }));
    this.#sayLink();
  }

  /** Stop serving; what the thread has not dealt with is somebody else's now. */
  end(): void {
    if (this.#ended) return;
    this.#post({ kind: "link", state: "closed" });
    this.#ended = true;
    this.#envelopes.end();
    this.#link.unsubscribe();
    this.#letGo();
  }

  #hear(request: Request): void {
    switch (request.kind) {
      case "hello":
        return this.#sayLink();
      case "bye":
        return this.#letGo();
      case "call":
        return this.#answer(request.id, () => this.#call(request.name, request.rest));
      case "follow":
        return this.#answer(request.id, () => this.#follow(request.id, request.source));
      case "pull":
        return this.#answer(request.id, () => this.#pull(request));
      case "stop":
        return this.#stop(request.id);
      case "done":
        return this.#answer(request.id, async () => {
          await this.#hints.get(request.hint)?.done();
          this.#hints.delete(request.hint);
        });
      case "working":
        return this.#hints.get(request.hint)?.working();
      case "give-back":
        this.#hints.get(request.hint)?.giveBack(request.delay);
        this.#hints.delete(request.hint);
    }
  }

  async #call(name: ProcedureName, rest: readonly unknown[]): Promise<unknown> {
    // The worker's side has checked that they belong together.
    const procedure = procedures[name] as (
      backbone: Backbone,
      ...rest: readonly unknown[]
    ) => Promise<unknown>;
    return await procedure(this.backbone, ...rest);
  }

  async #follow(id: number, source: Source): Promise<void> {
    const hand = (item: Item) => this.#post({ kind: "item", id, item });
    const followed = source.of === "table"
      ? this.backbone.table(source.name).watch(hand)
      : this.backbone.logs.follow(source.name, hand, source.after);
    this.#followed.set(id, followed);
    try {
      await followed;
    } catch (error) {
      this.#followed.delete(id);
      throw error;
    }
  }

  async #pull(
    { id, lanes, patience }: Extract<Request, { kind: "pull" }>,
  ): Promise<PortableHint | undefined> {
    const stopped = new AbortController();
    this.#pulls.set(id, stopped);
    try {
      const hint = await this.backbone.queue.pull(lanes, { signal: stopped.signal, patience });
      if (!hint) return undefined;
      if (stopped.signal.aborted) {
        hint.giveBack();
        return undefined;
      }
      this.#hints.set(id, hint);
      return { payload: hint.payload, deliveries: hint.deliveries };
    } finally {
      this.#pulls.delete(id);
    }
  }

  #stop(id: number): void {
    this.#pulls.get(id)?.abort();
    const followed = this.#followed.get(id);
    this.#followed.delete(id);
    // Whoever asked for it has been told of its failure.
    followed?.then((subscription) => subscription.unsubscribe(), () => {});
  }

  #letGo(): void {
    for (const id of [...this.#followed.keys(), ...this.#pulls.keys()]) this.#stop(id);
    for (const hint of this.#hints.values()) hint.giveBack();
    this.#hints.clear();
  }

  #answer(id: number, work: () => Promise<unknown>): void {
    work().then(
      (value) => this.#post({ kind: "answer", id, value: compact(value) }),
      (error) => this.#post({ kind: "failure", id, failure: portableError(error) }),
    );
  }

  #sayLink(): void {
    this.#post({ kind: "link", state: this.backbone.link.state });
  }

  #post(reply: Reply): void {
    if (!this.#ended) this.#envelopes.post(reply);
  }
}
