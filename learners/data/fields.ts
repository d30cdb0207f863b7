/**
 * `fields`: pairs of functions for operator learning, and the linear systems behind them.
 *
 * | function | input → target | domain | source |
 * | --- | --- | --- | --- |
 * | `darcyFields` | coefficient a → u, −∇·(a∇u) = 1, u = 0 on the rim | unit square, size × size cells | Li et al. 2021; He, Liu & Xu 2024 |
 * | `poissonFields` | force f → u, −Δu = f, u = 0 on the rim | unit square, size × size cells | |
 * | `burgersFields` | u(0) → u(T), u_t + u u_x = ν u_xx | periodic interval [0, 1), 256 points | Berner et al. 2025 |
 * | `rightSides` | b of A x = b, no targets | size × size interior nodes | Kaneda et al. 2023 |
 *
 * **Darcy.** a is `high` where a Gaussian random field is positive and `low` elsewhere, or exp(`deviation` ·
 * field). The field is given by its smoothness α and inverse length τ (`gaussian_random_field.ts`): α 2 and
 * τ 3 are the smooth set, α 2 and τ 5 the rough one. u comes from finite volumes with harmonic averages at
 * the faces, by conjugate gradients with an incomplete Cholesky preconditioner in double precision, to a
 * relative residual of 1e-10.
 *
 * **Poisson.** f is a Gaussian random field of unit variance; the solver is the same with a = 1.
 *
 * **Burgers.** u(0) = 0.6 Σ_{k=1..6} (a_k cos 2πkx + b_k sin 2πkx)/k, a and b standard normal. The defaults,
 * ν = 0.01 and T = 0.1, move a field by about half its size. For shocks take ν = 0.001, T = 0.25 and 1024
 * points; `restricted` gives the same functions on coarser and on irregular grids.
 *
 * **Splits.** Pairs of different `split` names are independent draws of one distribution. Pair i depends on
 * seed, split and i alone: a larger set begins with the smaller one, and another `size` shows the same
 * random functions on another grid. The sets in use: 400 Darcy pairs to train and 80 to test at size 32;
 * 1,000 Burgers pairs to train at 64 of 256 points, 200 to test at 32, 64, 128 and 256; 2,000 right-hand
 * sides at size 32. Targets are computed, so they are exact to the solver's discretisation: of second order
 * in the cell for the elliptic problems, about 1e-4 for Burgers (relative, in L²).
 */

export type { BurgersFieldOptions } from "./fields/burgers_fields.ts";
export { burgersFields } from "./fields/burgers_fields.ts";
export type { Coefficient, DarcyOptions, PoissonOptions } from "./fields/elliptic_fields.ts";
export { darcyFields, poissonFields } from "./fields/elliptic_fields.ts";
export type { FieldSet, Grid } from "./fields/field_set.ts";
export { crowdedPoints, everyNthPoint, restricted } from "./fields/field_set.ts";
export type { FieldLaw } from "./fields/gaussian_random_field.ts";
export type { RightSideLaw, RightSideOptions, RightSides } from "./fields/right_sides.ts";
export { obstacle, rightSideLaws, rightSides } from "./fields/right_sides.ts";
export { fieldSheet, rightSideSheet } from "./fields/sheet.ts";

/** Raised whenever equal options give other fields than before. */
export const fieldsVersion = 1;
