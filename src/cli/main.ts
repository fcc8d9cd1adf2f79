#!/usr/bin/env node
import { premotor } from './premotor.ts';

// Whoever read the output has gone (`premotor … | head`): the run goes on, its files are what counts.
process.stdout.on('error', () => {});

process.exitCode = await premotor(process.argv.slice(2));
