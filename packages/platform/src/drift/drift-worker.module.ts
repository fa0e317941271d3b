import { Module } from '@nestjs/common';
import { DriftModule } from './drift.module.js';
import { DriftLoop } from './drift-loop.service.js';

/** What goes on by itself. For the worker alone. */
@Module({ imports: [DriftModule], providers: [DriftLoop] })
export class DriftWorkerModule {}
