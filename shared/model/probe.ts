import { z } from 'zod';

/**
 * How a moved server proves that it serves: `tcp:PORT`, `http:PORT/PATH`, `http:/PATH` (port 80),
 * `ping`, or `console:TEXT` awaited on its console. All but the console also measure its downtime.
 */
export const Probe = z
  .string()
  .regex(
    /^(tcp:\d{1,5}|http:(\d{1,5}(\/\S*)?|\/\S*)|ping|console:.+)$/,
    'must be tcp:PORT, http:PORT/PATH, ping or console:TEXT',
  );
