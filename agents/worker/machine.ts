/**
 * The machine that a worker runs on, as its system describes it.
 *
 * Permissions: `--allow-sys=hostname,loadavg,systemMemoryInfo`.
 */

/** What a machine has and how busy it is. */
export interface Machine {
  readonly host: string;
  readonly cores: number;
  /** Bytes. `free` is what programs may still take without others having to give any back. */
  memory(): { readonly total: number; readonly free: number };
  /** Load over the last minute; 0 where the system does not say. */
  load(): number;
}

/** This machine. */
export function thisMachine(): Machine {
  return {
    host: Deno.hostname(),
    cores: navigator.hardwareConcurrency,
    memory() {
      const { total, available } = Deno.systemMemoryInfo();
      return { total, free: available };
    },
    load: () => Deno.loadavg()[0],
  };
}
