#!/usr/bin/env node
import { main } from '../shared/cli/main.ts';
import { senderProgram } from './cli/program.ts';

await main(senderProgram);
