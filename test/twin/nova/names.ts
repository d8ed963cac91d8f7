import { z } from 'zod';

const nameRule =
  "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.";

/**
 * A name: anything printable, not only blanks and not framed by them
 * (nova/api/validation/parameter_types.py, `name`).
 */
export const serverName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!.*[\p{C}\p{Zl}\p{Zp}])\S(.*\S)?$/su, nameRule);
