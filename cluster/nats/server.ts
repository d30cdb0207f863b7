/**
 * A nats-server of one's own: started on this machine only, in a folder of its own, watched, and started
 * again when it dies. What it keeps stays in the folder.
 */
import { join, resolve } from "node:path";
import { BackboneError, type Link, type LinkState } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import { signalChild } from "../child_signal.ts";
import { digestOf } from "../digest.ts";
import { removeIfPresent, replaceFile } from "../durable_file.ts";
import type { Log } from "../log.ts";
import { elapse, systemTimers } from "../timers.ts";
import { parseNatsVersion } from "./durability.ts";
import { type ServerConfiguration, serverConfiguration } from "./server_configuration.ts";

/** How it is started. */
export interface ServerOptions extends
  Pick<
    ServerConfiguration,
    "storage" | "maxPayload" | "users" | "plan" | "tls"
  > {
  /** For its configuration, log and store; made when it is not there. One server a folder. */
  readonly folder: string;
  /** −1 for a free one, which it keeps when it is started again. Default 4222. */
  readonly port?: number;
  /** The program, by name or path. Default "nats-server". */
  readonly executable?: string;
  readonly log?: Log;
  /** How long it may take to be ready, ms. Default 30 s: a large store is read first. */
  readonly patience?: number;
}

/** How to get a nats-server. */
const installAdvice =
  "install one (Debian, Ubuntu: `apt install nats-server`; macOS: `brew install nats-server`; others: " +
  "https://github.com/nats-io/nats-server/releases), or name one that runs with --nats URL";

/** How long a server has to end by itself, ms. */
const endingTime = 10_000;

/** Waiting times before a server that died is started again, ms; the last one for ever. */
const restartWaits = [100, 500, 2_000, 5_000];

/** A server that has run for so long, ms, has not died of being started. */
const stableTime = 30_000;

/** A running server. */
export class NatsServer implements AsyncDisposable {
  #process: ServerProcess;
  #stopping = false;
  #watching: Promise<void>;
  /** Ends a wait before a restart. */
  readonly #stop = new AbortController();
  readonly #lock: Deno.FsFile;

  private constructor(
    /** Its address, "nats://127.0.0.1:4222". */
    readonly url: string,
    /** Its version, e.g. [2, 9, 10]. */
    readonly version: readonly [number, number, number],
    process: ServerProcess,
    lock: Deno.FsFile,
    private readonly launch: Launch,
  ) {
    this.#process = process;
    this.#lock = lock;
    this.#watching = this.#watch();
  }

  /**
   * Start one, and wait until it is ready.
   *
   * @throws {BackboneError} "refused" when there is no nats-server, when it is too old, when the folder is
   * in use, and when it does not start; with what to do
   */
  static async start(options: ServerOptions): Promise<NatsServer> {
    const executable = options.executable ?? "nats-server";
    const version = await versionOf(executable);
    const folder = resolve(options.folder);
    await Deno.mkdir(folder, { recursive: true });
    const lock = await lockFolder(folder);
    try {
      await endLeftover(folder, executable, options.log);
      const launch: Launch = { ...options, executable, folder, alwaysSync: atLeast210(version) };
      const process = await launchServer(launch, options.port ?? 4222);
      const url = `${options.tls ? "tls" : "nats"}://127.0.0.1:${process.port}`;
      return new NatsServer(url, version, process, lock, launch);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** The number of its process now; another one after a restart. */
  get pid(): number {
    return this.#process.child.pid;
  }

  /**
   * End it by force when somebody who uses it finds it away for too long; it is then started again. A
   * process can live and answer nobody: 2.9 does so when its disk has been full.
   *
   * @param link the connection of somebody on this machine
   * @param patience ms; longer than it takes to start with a large store
   */
  watchOver(link: Link, patience = 30_000): Subscription {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const judge = (state: LinkState) => {
      clearTimeout(timer);
      if (state === "away") timer = setTimeout(giveUp, patience);
    };
    const giveUp = () => {
      this.launch.log?.warn("the nats-server answers nobody; it is ended, and started again");
      signalChild(this.#process.child, "SIGKILL");
      timer = setTimeout(giveUp, patience);
    };
    const subscription = link.onChange(judge);
    judge(link.state);
    const stop = () => {
      clearTimeout(timer);
      subscription.unsubscribe();
    };
    this.#stop.signal.addEventListener("abort", stop);
    return { unsubscribe: stop };
  }

  /** Whether it brings everything to the disk before it acknowledges it; 2.9 cannot. */
  get flushesAlways(): boolean {
    return this.launch.alwaysSync;
  }

  /** End its process as a crash would; it is started again, with what it has kept. */
  kill(): void {
    signalChild(this.#process.child, "SIGKILL");
  }

  /** End it; what it keeps stays. */
  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#stop.abort();
      signalChild(this.#process.child, "SIGINT");
    }
    const killer = setTimeout(() => signalChild(this.#process.child, "SIGKILL"), endingTime);
    await this.#watching;
    clearTimeout(killer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Start it again whenever it dies, until it is to end. */
  async #watch(): Promise<void> {
    const { log } = this.launch;
    for (let deaths = 0; !this.#stopping;) {
      const began = performance.now();
      const { child, lastWords } = this.#process;
      const { code, signal } = await child.status;
      if (this.#stopping) break;
      deaths = performance.now() - began > stableTime ? 1 : deaths + 1;
      const wait = restartWaits[Math.min(deaths, restartWaits.length) - 1];
      log?.warn(`the nats-server has died; it is started again in ${wait} ms`, {
        ending: signal ?? `code ${code}`,
        words: await lastWords,
      });
      await elapse(systemTimers, wait, this.#stop.signal);
      if (!this.#stopping) await this.#startAgain();
    }
    this.#lock.close();
  }

  async #startAgain(): Promise<void> {
    try {
      this.#process = await launchServer(this.launch, this.#process.port);
      // It may have been told to stop while it started.
      if (this.#stopping) signalChild(this.#process.child, "SIGINT");
      else this.launch.log?.info("the nats-server runs again");
    } catch (error) {
      // The child is over; the next round tries again, a little later.
      this.launch.log?.error(error instanceof Error ? error.message : String(error));
    }
  }
}

/** What is needed to start one process. */
export interface Launch extends ServerOptions {
  readonly executable: string;
  readonly alwaysSync: boolean;
}

/** One process of the program. */
export interface ServerProcess {
  readonly child: Deno.ChildProcess;
  /** Where it listens. */
  readonly port: number;
  /** What it said on its standard error in the end; its log is elsewhere, so a panic at the most. */
  readonly lastWords: Promise<string>;
}

/** The program's version. */
export async function versionOf(executable: string): Promise<readonly [number, number, number]> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(executable, { args: ["--version"], stdin: "null" }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw refused(`there is no program ${executable}; ${installAdvice}`, error);
    }
    throw error;
  }
  const text = new TextDecoder().decode(output.stdout);
  const version = parseNatsVersion(text);
  if (!version) throw refused(`${executable} tells no version, but: ${text.trim()}`);
  const [major, minor] = version;
  if (major < 2 || (major === 2 && minor < 9)) {
    throw refused(`${executable} is version ${version.join(".")}; 2.9 or later is needed`);
  }
  return version;
}

const atLeast210 = ([major, minor]: readonly [number, number, number]) => major > 2 || minor >= 10;

/** The folder belongs to the process that holds its lock; the system frees it when that one ends. */
async function lockFolder(folder: string): Promise<Deno.FsFile> {
  const lock = await Deno.open(join(folder, "lock"), { write: true, create: true });
  if (await lock.tryLock(true)) return lock;
  lock.close();
  throw refused(
    `the folder ${folder} is in use by another cluster on this machine; stop that one, or join it ` +
      "with --nats URL",
  );
}

/**
 * A cluster that was killed leaves its server behind. Two servers on one store destroy it, so it ends
 * before the next one starts. Its process's number may be somebody else's by now: it counts only if the
 * server at its port says that it is of this folder.
 */
async function endLeftover(folder: string, executable: string, log?: Log): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const pid = Number(/_(\d+)\.ports$/.exec(name)?.[1] ?? NaN);
    if (!Number.isInteger(pid)) continue;
    const file = join(folder, name);
    const port = portIn(await Deno.readTextFile(file));
    const leftover = port !== undefined && await nameAt(port) === serverName(folder);
    if (leftover) {
      log?.warn("a nats-server that was left behind is ended first", { pid });
      await tell(executable, `quit=${pid}`);
      for (const deadline = performance.now() + endingTime; await nameAt(port) !== undefined;) {
        if (performance.now() > deadline) await tell(executable, `stop=${pid}`);
        await systemTimers.sleep(50);
      }
    }
    // The server removes it itself when it ends.
    await removeIfPresent(file);
  }
}

/** Give another process of the program a signal, which needs the right to run the program only. */
async function tell(executable: string, signal: string): Promise<void> {
  await new Deno.Command(executable, { args: ["--signal", signal], stdin: "null" }).output();
}

/** Names the server of a folder; newer servers take no spaces. */
const serverName = (folder: string) => `callosum-${digestOf(folder).slice(0, 16)}`;

/**
 * Start one process of the program, without looking after it, and wait until it says where it listens.
 *
 * @throws {BackboneError} "refused" when it ends instead
 */
export async function launchServer(
  { folder, executable, log: _log, patience = 30_000, ...settings }: Launch,
  port: number,
): Promise<ServerProcess> {
  const configuration = join(folder, "nats-server.conf");
  const logFile = join(folder, "nats-server.log");
  await replaceFile(
    configuration,
    new TextEncoder().encode(serverConfiguration({
      ...settings,
      name: serverName(folder),
      port,
      store: join(folder, "store"),
      logFile,
      portsFolder: folder,
    })),
  );
  const child = new Deno.Command(executable, {
    args: ["--config", configuration],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    // A group of its own: Ctrl-C in the terminal is for us, who end it when all have handed over.
    detached: true,
  }).spawn();
  const lastWords = beginningOf(child.stderr);
  let over = false;
  child.status.then(() => over = true);
  const portsFile = join(folder, `nats-server_${child.pid}.ports`);
  for (const deadline = performance.now() + patience; !over;) {
    const actual = portIn(await readIfPresent(portsFile) ?? "");
    if (actual !== undefined && await nameAt(actual) === serverName(folder)) {
      return { child, port: actual, lastWords };
    }
    if (performance.now() > deadline) {
      signalChild(child, "SIGKILL");
      await child.status;
    }
    await systemTimers.sleep(20);
  }
  const words = await lastWords || await lastComplaint(logFile);
  if (/address already in use/.test(words)) {
    throw refused(
      `port ${port} of 127.0.0.1 is in use; choose another one with --nats-port, or join the server ` +
        "that is there with --nats URL",
    );
  }
  throw refused(`the nats-server at port ${port} did not start: ${words} (its log: ${logFile})`);
}

/** The first lines of what a process says, when it has said all. */
async function beginningOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    if (text.length < 2_000) text += part;
  }
  return text.slice(0, 2_000).trim();
}

/** Where the server's file of ports says that it listens for clients. */
function portIn(text: string): number | undefined {
  const port = /"nats:\/\/[^"]*:(\d+)"|"tls:\/\/[^"]*:(\d+)"/.exec(text);
  return port ? Number(port[1] ?? port[2]) : undefined;
}

/** How the server at this port calls itself; undefined when there is none. */
async function nameAt(port: number): Promise<string | undefined> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const greeting = new Uint8Array(64 * 1024);
    const silence = setTimeout(() => connection.close(), 2_000);
    const length = await connection.read(greeting).finally(() => clearTimeout(silence));
    const text = new TextDecoder().decode(greeting.subarray(0, length ?? 0));
    return /^INFO .*?"server_name":"([^"]*)"/.exec(text)?.[1];
  } catch {
    // Refused, closed, or silent: no server that is ready.
    return undefined;
  }
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What the server's log says last of what is wrong. */
async function lastComplaint(logFile: string): Promise<string> {
  const lines = (await readIfPresent(logFile) ?? "").split("\n");
  return lines.findLast((line) => /\[(FTL|ERR)\]/.test(line))?.replace(/^.*?\[\w+\] /, "").trim() ??
    lines.findLast((line) => line.trim() !== "")?.trim() ?? "it says nothing";
}

function refused(message: string, cause?: unknown): BackboneError {
  return new BackboneError("refused", message, cause === undefined ? undefined : { cause });
}
