/**
 * A real nats-server for tests, which dies, freezes and comes back when the test says so. The program is
 * the one that `CALLOSUM_NATS_SERVER` names, or else `nats-server`.
 */
import { join } from "node:path";
import {
  type Launch,
  launchServer,
  type ServerProcess,
  versionOf,
} from "../../cluster/nats/server.ts";
import type { User } from "../../cluster/nats/server_configuration.ts";
import type { Plan } from "../../cluster/nats/plan.ts";

/** What can be chosen. */
export interface TestServerOptions {
  readonly users?: readonly User[];
  readonly plan?: Plan;
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  readonly maxPayload?: number;
  readonly storage?: number;
  /** Whether everything is on the disk before it is acknowledged; by default where the server can. */
  readonly alwaysSync?: boolean;
  /** Where its folder is made; by default where the system has its temporary files. */
  readonly within?: string;
}

/** The program under test. */
export const natsServer = Deno.env.get("CALLOSUM_NATS_SERVER") ?? "nats-server";

/** See the file's head. */
export class TestServer implements AsyncDisposable {
  #process: ServerProcess | undefined;

  private constructor(
    /** Holds its configuration, log, and `store`. */
    readonly folder: string,
    readonly port: number,
    private readonly launch: Launch,
    process: ServerProcess,
  ) {
    this.#process = process;
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const folder = await Deno.makeTempDir({ prefix: "callosum-nats-", dir: options.within });
    const [major, minor] = await versionOf(natsServer);
    const alwaysSync = major > 2 || minor >= 10;
    const launch = { alwaysSync, ...options, folder, executable: natsServer };
    const process = await launchServer(launch, -1);
    return new TestServer(folder, process.port, launch, process);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** The folder of what it keeps. */
  get store(): string {
    return join(this.folder, "store");
  }

  /** End it as the system does: at once. It stays away until `restart`. */
  async kill(): Promise<void> {
    this.#process?.child.kill("SIGKILL");
    await this.#ended();
  }

  /** Let it end by itself. */
  async stop(): Promise<void> {
    this.#process?.child.kill("SIGINT");
    await this.#ended();
  }

  /**
   * Start it again, at the same address, with what it has kept.
   * @param executable another version of the program
   */
  async restart(executable = this.launch.executable): Promise<void> {
    this.#process = await launchServer({ ...this.launch, executable }, this.port);
  }

  /** It does nothing any more, and keeps its connections. */
  freeze(): void {
    this.#process?.child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #ended(): Promise<void> {
    await this.#process?.child.status;
    await this.#process?.lastWords;
    this.#process = undefined;
  }
}
