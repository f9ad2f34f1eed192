import { ofAccess } from "./access.ts";
import { ofAnswers } from "./answers.ts";
import { ofBounds } from "./bounds.ts";
import { ofKv } from "./kv.ts";
import { ofLooking } from "./looking.ts";
import { ofPlace } from "./place.ts";
import { ofRouting } from "./routing.ts";
import type { Settings } from "./setting.ts";

/** Every key of the config, in the order in which help and docs have them within a topic. */
export const settings: Settings = {
  ...ofPlace,
  ...ofRouting,
  ...ofKv,
  ...ofBounds,
  ...ofAnswers,
  ...ofAccess,
  ...ofLooking,
};
