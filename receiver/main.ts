#!/usr/bin/env node
import { main } from '../shared/cli/main.ts';
import { receiverProgram } from './cli/program.ts';

await main(receiverProgram);
