/**
 * The connection to a NATS server: it comes back by itself, for ever, and every call that needs an answer
 * either gets it or fails in a bounded time with a `BackboneError`.
 *
 * "connected" means more than a TCP connection: what the plan declares is there as well. NATS's client
 * reconnects on its own; what is done here is to notice it, to check the store, and to let nothing be
 * sent into a connection that is not there, where the client would keep it for a while and then drop it.
 */
import {
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import { errors, type NatsConnection, type Status } from "@nats-io/transport-node";
import { BackboneError, type Link, type LinkState } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import type { Log } from "../log.ts";
import { elapse, systemTimers } from "../timers.ts";
import { type Access, accessOptions, sendsReadableSecret } from "./credentials.ts";
import { Declaration } from "./declaration.ts";
import { backboneError, isMissing } from "./errors.ts";
import { inboxPrefix, type Role } from "./permissions.ts";
import type { Plan } from "./plan.ts";
import { requireRole } from "./role_check.ts";
import { connect } from "./transport.ts";

/** How a process connects. */
export interface ConnectionOptions extends Access {
  /** What the server's own lists call this client. */
  readonly name: string;
  /** What this process is, see `permissions.ts`; its credentials need to allow no more. */
  readonly role: Role;
  readonly plan: Plan;
  readonly log?: Log;
  /** How long the first connection is tried, ms; refused credentials are not tried again. */
  readonly patience: number;
}

/** How long a call may wait for its answer, and before that for the server to be there, ms. */
const answerTime = 5_000;

/** A silent connection is asked this often whether it still is one, ms; twice unanswered and it is not. */
const pingInterval = 2_000;

/** How long a connection attempt, a check of the store, or the last messages at the end may take, ms. */
const patienceOnce = 5_000;

/** See the file's head. */
export class Connection {
  readonly link: Link;
  readonly jetStream: JetStreamClient;
  /** Begins every subject on which something may be sent to this process alone. */
  readonly inboxPrefix: string;
  #state: LinkState = "away";
  /** Counts interruptions; what was begun before one must not be believed any more. */
  #life = 0;
  /** The life whose store is being checked. */
  #checking: number | undefined;
  /** What the key that is used lets this process be. */
  readonly #role: Role;
  readonly #log: Log | undefined;
  /** Whether the first check is over: until then what is wrong is thrown. */
  #prepared = false;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  readonly #watchers = new Set<(state: LinkState) => void>();
  /** Those who wait for an answer: told when none will come. */
  readonly #pending = new Set<(reason: BackboneError) => void>();
  /** Those who wait for the server to be there. */
  readonly #waiting = new Set<() => void>();

  private constructor(
    readonly nats: NatsConnection,
    readonly manager: JetStreamManager,
    readonly declaration: Declaration,
    private readonly backOff: BackOff,
    { plan, role, log }: ConnectionOptions,
  ) {
    this.inboxPrefix = inboxPrefix(plan, role);
    this.#role = role;
    this.#log = log;
    this.jetStream = jetstream(nats, { timeout: answerTime });
    const current = () => this.#state;
    this.link = {
      get state() {
        return current();
      },
      onChange: (handler) => this.#onChange(handler),
    };
  }

  /**
   * Connect, and declare what is missing.
   *
   * @throws {BackboneError} "unavailable" when there is no server in time; "refused" when it does not let
   * us in, or lacks what this role may not declare
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    if (sendsReadableSecret(options)) {
      options.log?.warn(
        "the password or token crosses the network readable; use tls:// to hide it",
      );
    }
    const backOff = new BackOff();
    const nats = await dial(options, backOff);
    try {
      await admit(nats, options);
      const manager = await jetstreamManager(nats, { timeout: answerTime, checkAPI: false });
      const declaration = new Declaration(manager, options.plan, options.role, options.log);
      const connection = new Connection(nats, manager, declaration, backOff, options);
      connection.#observe(nats.status());
      await connection.#prepare(options.patience);
      return connection;
    } catch (error) {
      await nats.close();
      throw error;
    }
  }

  /** The first check; the server may still be starting. */
  async #prepare(patience: number): Promise<void> {
    const backOff = new BackOff();
    for (const deadline = performance.now() + patience;;) {
      try {
        await this.declaration.check();
        this.#prepared = true;
        if (this.#life === 0) this.#change("connected");
        else await this.#connected("to connect");
        return;
      } catch (error) {
        const what = `to prepare the NATS server ${this.nats.getServer()}`;
        const problem = backboneError(what, error, this.#role);
        const hopeful = problem instanceof BackboneError && problem.kind === "unavailable";
        if (!hopeful || performance.now() > deadline) throw problem;
        await systemTimers.sleep(backOff.next());
      }
    }
  }

  /** Which of its lives the connection is in; a new one after every interruption. */
  get life(): number {
    return this.#life;
  }

  /** The largest message that the server takes, bytes, its headers included. */
  get largestMessage(): number {
    return this.nats.info?.max_payload ?? 2 ** 20;
  }

  /**
   * Do something that needs an answer.
   *
   * @param what says what it is, for errors: "to append to the log job.7"
   * @throws {BackboneError} of every kind
   */
  async call<T>(what: string, action: () => Promise<T>): Promise<T> {
    if (this.#state !== "connected") await this.#connected(what);
    return await this.#answer(what, action);
  }

  /** What `action` resolves to, unless the connection is lost before. */
  #answer<T>(what: string, action: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (error: unknown) => {
      this.#pending.delete(fail);
      if (isMissing(error)) this.#settle();
      reject(backboneError(what, error, this.#role));
    };
    this.#pending.add(fail);
    action().then((value) => {
      this.#pending.delete(fail);
      resolve(value);
    }, fail);
    return promise;
  }

  /** Resolves when the state changes, when `time` (ms) is over, or when `signal` is aborted. */
  async changed(time: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const timer = setTimeout(wake, time);
    const subscription = this.#onChange(wake);
    signal.addEventListener("abort", wake);
    await promise;
    clearTimeout(timer);
    subscription.unsubscribe();
    signal.removeEventListener("abort", wake);
  }

  /** Give what was asked a moment to be answered, then let go of the server. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    const reachable = this.#state === "connected";
    this.#change("closed");
    this.#closing.abort();
    for (const proceed of [...this.#waiting]) proceed();
    if (reachable) {
      const deadline = performance.now() + patienceOnce;
      while (this.#pending.size > 0 && performance.now() < deadline) await systemTimers.sleep(5);
      await this.#flush();
    }
    this.#interrupt("the backbone was closed");
    await this.nats.close();
  }

  /** Wait until the server has taken what was published; not longer than is reasonable. */
  async #flush(): Promise<void> {
    try {
      await within(patienceOnce, this.nats.flush());
    } catch (error) {
      this.#log?.warn(`the last messages may not have arrived: ${error}`);
    }
  }

  #onChange(handler: (state: LinkState) => void): Subscription {
    const own = (state: LinkState) => handler(state);
    this.#watchers.add(own);
    return { unsubscribe: () => this.#watchers.delete(own) };
  }

  #change(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const watcher of [...this.#watchers]) {
      try {
        watcher(state);
      } catch (error) {
        this.#log?.error(`somebody told of the link's state threw: ${error}`);
      }
    }
  }

  /** Wait for the server, if there is hope. */
  async #connected(what: string): Promise<void> {
    if (this.#state === "away") {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      const timer = setTimeout(resolve, answerTime);
      await promise;
      clearTimeout(timer);
      this.#waiting.delete(resolve);
    }
    // It may have changed meanwhile, which the type of the field does not know.
    switch (this.#state as LinkState) {
      case "connected":
        return;
      case "away":
        throw new BackboneError("unavailable", `${what}: the NATS server cannot be reached`);
      case "closed":
        throw new BackboneError("refused", `${what}: the backbone is closed`);
    }
  }

  /** Follow what NATS's client does about the connection. */
  async #observe(statuses: AsyncIterable<Status>): Promise<void> {
    let complaint = "";
    for await (const status of statuses) {
      if (status.type === "disconnect") this.#lose();
      if (status.type === "reconnect") {
        this.backOff.reset();
        this.#settle();
      }
      // Whoever asked gets the error, a check of the store among others; here it is for what nobody waits
      // for. Once: it may go on for hours.
      const isNews = status.type === "error" && status.error.message !== complaint;
      if (isNews && this.#prepared && this.#checking === undefined) {
        complaint = status.error.message;
        this.#log?.warn(`the NATS server says: ${complaint}`);
      }
    }
  }

  #lose(): void {
    this.#life++;
    if (this.#state !== "connected") return;
    this.#change("away");
    this.#log?.warn("the NATS server cannot be reached; it is tried again and again");
    this.#interrupt("the connection was lost before the answer came");
  }

  #interrupt(reason: string): void {
    for (const interrupted of [...this.#pending]) {
      interrupted(
        new BackboneError("unavailable", `${reason}; it may have been done nevertheless`),
      );
    }
  }

  /** See to it that all is there that is declared; one check at a time in each life. */
  #settle(): void {
    if (this.#checking === this.#life) return;
    this.#checking = this.#life;
    this.#checkUntilGood(this.#life);
  }

  async #checkUntilGood(life: number): Promise<void> {
    const backOff = new BackOff();
    let complaint = "";
    while (life === this.#life && this.#state !== "closed") {
      try {
        await this.declaration.check();
        if (life === this.#life) this.#settled();
        return;
      } catch (error) {
        const what = "to check what the NATS server keeps";
        const { message } = backboneError(what, error, this.#role);
        if (message !== complaint && life === this.#life) this.#log?.warn(message);
        complaint = message;
        await elapse(systemTimers, backOff.next(), this.#closing.signal);
      }
    }
  }

  #settled(): void {
    this.#checking = undefined;
    if (this.#state !== "away") return;
    this.#change("connected");
    this.#log?.info("the NATS server is there again");
    for (const proceed of [...this.#waiting]) proceed();
  }
}

/** Waiting times that grow with the time that has passed without success. */
class BackOff {
  #since: number | undefined;

  /** How long to wait now, ms: a quarter of the time so far, within bounds. */
  next(): number {
    this.#since ??= performance.now();
    return Math.min(Math.max((performance.now() - this.#since) / 4, 50), 2_000);
  }

  reset(): void {
    this.#since = undefined;
  }
}

/** The first connection. */
async function dial(options: ConnectionOptions, backOff: BackOff): Promise<NatsConnection> {
  const access = await accessOptions(options);
  // Without the secrets that may stand in the addresses.
  const place = [access.servers].flat().join(", ");
  const deadline = performance.now() + options.patience;
  for (const first = new BackOff();;) {
    try {
      return await connectOnce(access, options, backOff);
    } catch (error) {
      const problem = backboneError(`to connect to ${place}`, error);
      if (problem instanceof BackboneError && problem.kind === "refused") throw problem;
      const wait = first.next();
      if (performance.now() + wait > deadline) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new BackboneError(
          "unavailable",
          `there is no NATS server at ${place} (${reason}); start one, or check the address`,
          { cause: error },
        );
      }
      await systemTimers.sleep(wait);
    }
  }
}

async function connectOnce(
  access: Awaited<ReturnType<typeof accessOptions>>,
  { name, role, plan }: ConnectionOptions,
  backOff: BackOff,
): Promise<NatsConnection> {
  const nats = await connect({
    ...access,
    name,
    inboxPrefix: inboxPrefix(plan, role),
    timeout: patienceOnce,
    maxReconnectAttempts: -1,
    // Keys are exchanged on servers too: what is refused now may be let in later.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => backOff.next(),
    pingInterval,
    maxPingOut: 2,
    noAsyncTraces: true,
  });
  // The client has asked how long to wait also for this, its first connection.
  backOff.reset();
  return nats;
}

/**
 * The key must serve in the role; the connection may be lost meanwhile, which shows later.
 * @throws {BackboneError} "refused" when it does not
 */
async function admit(nats: NatsConnection, { plan, role }: ConnectionOptions): Promise<void> {
  try {
    await within(patienceOnce, requireRole(nats, plan, role));
  } catch (error) {
    const problem = backboneError("to find out whose key this is", error);
    if (!(problem instanceof BackboneError) || problem.kind !== "unavailable") throw problem;
  }
}

/** What `promise` resolves to, unless that takes longer than `time` ms. */
async function within<T>(time: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new errors.TimeoutError()), time);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
