/**
 * OpenBLAS, where the system has it: products of single-precision matrices by native code, three to
 * four times as fast on a core as WebAssembly, which has vectors of four numbers and no fused
 * multiply-add. It works on arrays where they lie, WASM memory included.
 *
 * It is optional. It is taken where `--allow-ffi` has been granted, for everything or for the library's
 * path, and nobody is asked for it. How to get it: Debian and Ubuntu `apt install libopenblas0-pthread`,
 * Fedora `dnf install openblas-threads`, Arch `pacman -S openblas`, macOS `brew install openblas`,
 * Windows the release's `libopenblas.dll` on the PATH.
 *
 * One thread computes, since several jobs train at a time; the environment's `OPENBLAS_NUM_THREADS` says
 * otherwise, where `--allow-env` lets it be read. Results are the same bits on every call and in every
 * worker, but those of OpenBLAS's version, of the kernels that it has for the processor, and of the
 * number of threads.
 */

/** Where the library is looked for, in this order: by name wherever the system looks, then by path. */
const places: Partial<Record<typeof Deno.build.os, readonly string[]>> = {
  linux: [
    "libopenblas.so.0",
    "libopenblas.so",
    "/usr/lib/x86_64-linux-gnu/libopenblas.so.0", // Debian, Ubuntu
    "/usr/lib/aarch64-linux-gnu/libopenblas.so.0",
    "/usr/lib64/libopenblas.so.0", // Fedora, openSUSE
    "/usr/lib/libopenblas.so.0", // Arch, Alpine
  ],
  darwin: [
    "libopenblas.dylib",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ],
  windows: ["libopenblas.dll", "openblas.dll"],
};

const symbols = {
  // order, transA, transB, M, N, K, alpha, A, lda, B, ldb, beta, C, ldc
  cblas_sgemm: {
    parameters: [
      ...["i32", "i32", "i32", "i32", "i32", "i32", "f32"],
      ...["buffer", "i32", "buffer", "i32", "f32", "buffer", "i32"],
    ] as [
      ...["i32", "i32", "i32", "i32", "i32", "i32", "f32"],
      ...["buffer", "i32", "buffer", "i32", "f32", "buffer", "i32"],
    ],
    result: "void",
  },
  // N, X, incX, Y, incY
  cblas_scopy: { parameters: ["i32", "pointer", "i32", "buffer", "i32"], result: "void" },
  openblas_get_config: { parameters: [], result: "pointer" },
  openblas_get_corename: { parameters: [], result: "pointer" },
  openblas_set_num_threads: { parameters: ["i32"], result: "void" },
  openblas_get_num_threads: { parameters: [], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof symbols>;

const rowMajor = 101;
const plain = 111;
const transposed = 112;

/** A matrix in an array, row after row. */
export interface Matrix {
  /** From the first number on. */
  readonly numbers: Float32Array;
  /** Numbers from the start of a row to that of the next. */
  readonly stride: number;
}

/** OpenBLAS in this process. */
export class OpenBlas {
  readonly #library: Library;

  /** @param library with the symbols of OpenBLAS */
  constructor(library: Library) {
    this.#library = library;
  }

  /** Its version, the processor that its kernels are made for, and its threads; for people. */
  get description(): string {
    const { openblas_get_corename: core } = this.#library.symbols;
    const version = /OpenBLAS (\S+)/.exec(this.configuration)?.[1] ?? "of unknown version";
    return `OpenBLAS ${version} for ${this.#text(core())}, threads: ${this.threads}`;
  }

  /** How it was built, in its own words. */
  get configuration(): string {
    return this.#text(this.#library.symbols.openblas_get_config());
  }

  /** How many threads compute a product, of whichever worker. */
  get threads(): number {
    return this.#library.symbols.openblas_get_num_threads();
  }

  set threads(count: number) {
    this.#library.symbols.openblas_set_num_threads(count);
  }

  /**
   * C ← op(A) · op(B) + kept · C, where op transposes or not.
   *
   * @param rows of op(A) and C
   * @param inner columns of op(A), rows of op(B)
   * @param columns of op(B) and C
   * @param kept what C is multiplied by; at 0 it may hold anything before
   */
  multiply(
    a: Matrix,
    transposeA: boolean,
    b: Matrix,
    transposeB: boolean,
    c: Matrix,
    rows: number,
    inner: number,
    columns: number,
    kept: 0 | 1,
  ): void {
    this.#library.symbols.cblas_sgemm(
      rowMajor,
      transposeA ? transposed : plain,
      transposeB ? transposed : plain,
      rows,
      columns,
      inner,
      1,
      a.numbers as Float32Array<ArrayBuffer>,
      a.stride,
      b.numbers as Float32Array<ArrayBuffer>,
      b.stride,
      kept,
      c.numbers as Float32Array<ArrayBuffer>,
      c.stride,
    );
  }

  /**
   * A C string. Deno reads those only for who has been granted `--allow-ffi` for everything; the
   * library's own copying of vectors reads it for who has been granted the library.
   */
  #text(pointer: Deno.PointerValue): string {
    const bytes = new Uint8Array(longestText);
    let end = -1;
    // Word by word, so that nothing is read that lies far behind the string's end.
    for (let words = 1; words * 4 <= longestText && end < 0; words++) {
      this.#library.symbols.cblas_scopy(words, pointer, 1, bytes, 1);
      end = bytes.indexOf(0) < words * 4 ? bytes.indexOf(0) : -1;
    }
    return new TextDecoder().decode(bytes.subarray(0, end < 0 ? longestText : end));
  }
}

/** Bytes of a string beyond which it is cut off. */
const longestText = 256;

/** Why OpenBLAS cannot be used here ("is not found"), and what to do about it; each in one line. */
export interface Absence {
  readonly problem: string;
  readonly remedy: string;
}

/** OpenBLAS, or why not. */
export type Finding =
  | { readonly blas: OpenBlas; readonly absence?: undefined }
  | { readonly blas?: undefined; readonly absence: Absence };

/** The library in this thread. It stays loaded: kernels that use it may be called at any time. */
let loaded: OpenBlas | undefined;

/** OpenBLAS, with as many threads as asked for, if it is here, may be loaded, and computes rightly. */
export function findOpenBlas(): Finding {
  const permitted = (places[Deno.build.os] ?? []).filter(mayLoad);
  if (permitted.length === 0) {
    return absent("may not be loaded", `add --allow-ffi, ${installation}`);
  }
  loaded ??= load(permitted);
  if (!loaded) return absent("is not found", installation);
  if (loaded.configuration.includes("USE64BITINT")) {
    return absent("is built for 64-bit integers, which is another interface", installation);
  }
  const threads = threadsAskedFor();
  // Other workers may be computing with as many.
  if (loaded.threads !== threads) loaded.threads = threads;
  const wrong = firstWrongProduct(loaded);
  return wrong ? absent(`computes wrongly, ${wrong}`, installation) : { blas: loaded };
}

function absent(problem: string, remedy: string): Finding {
  return { absence: { problem, remedy } };
}

const installations: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "install it (apt install libopenblas0-pthread, dnf install openblas-threads, or the like)",
  darwin: "install it (brew install openblas)",
  windows: "put the libopenblas.dll of an OpenBLAS release on the PATH",
};

const installation = installations[Deno.build.os] ?? "use Linux, macOS or Windows";

/** Paths of the library that this process may load, whether or not it is there. */
export function permittedPaths(): string[] {
  return (places[Deno.build.os] ?? []).filter((place) => isPath(place) && mayLoad(place));
}

const isPath = (place: string) => /^([/\\]|\w:)/.test(place);

/** A name can only be looked up by who may load everything. */
function mayLoad(place: string): boolean {
  const descriptor: Deno.FfiPermissionDescriptor = isPath(place)
    ? { name: "ffi", path: place }
    : { name: "ffi" };
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function load(candidates: readonly string[]): OpenBlas | undefined {
  for (const place of candidates) {
    try {
      return new OpenBlas(Deno.dlopen(place, symbols));
    } catch {
      // It is not there, or is something else of that name; Deno does not tell which. The next may be it.
    }
  }
  return undefined;
}

function threadsAskedFor(): number {
  const variable = "OPENBLAS_NUM_THREADS";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const asked = state === "granted" ? Number(Deno.env.get(variable)) : 1;
  return Number.isInteger(asked) && asked >= 1 ? asked : 1;
}

/** Multiply two small matrices in all four ways; says what is wrong, if anything. */
function firstWrongProduct(blas: OpenBlas): string | undefined {
  const a = [[1, 2, 3], [4, 5, 6]]; // [2, 3]
  const b = [[1, 0.5], [-1, 2], [0, 4]]; // [3, 2]
  const product = [-1, 16.5, -1, 36]; // plus 1 for each number that C has before
  const matrix = (rows: number[][], turned: boolean): Matrix => {
    const laidOut = turned ? rows[0].map((_, column) => rows.map((row) => row[column])) : rows;
    return { numbers: Float32Array.from(laidOut.flat()), stride: laidOut[0].length };
  };
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const c = { numbers: new Float32Array(4).fill(1), stride: 2 };
      blas.multiply(
        matrix(a, transposeA),
        transposeA,
        matrix(b, transposeB),
        transposeB,
        c,
        2,
        3,
        2,
        1,
      );
      if (c.numbers.some((value, i) => value !== product[i] + 1)) {
        return `a product is ${c.numbers} instead of ${product.map((value) => value + 1)}`;
      }
    }
  }
  return undefined;
}
