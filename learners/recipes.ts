/** What a configuration starts from before anybody has changed it: a profile, and a recipe where there is one. */
import type { Method, ProfileName } from "./method.ts";

/**
 * What differs from the schema's defaults.
 * @param chosen what is asked for, by which a recipe is found; it goes before what is returned here
 */
export function startingConfig(
  { config: schema, profiles, recipes = [] }: Method,
  profile: ProfileName,
  chosen: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const standard = profiles[profile].config;
  // A smoke test is to be short, whatever it is of.
  if (profile === "smoke") return standard;
  const asked = schema.safeParse({ ...standard, ...chosen }).data ?? {};
  const recipe = recipes.find(({ when }) =>
    Object.entries(when).every(([key, value]) => asked[key] === value)
  );
  return { ...standard, ...recipe?.config };
}
