import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { type AuditExportModel, Database } from '../kernel/database/index.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import { AuditService } from './audit.service.js';
import { type ExportAuditPayload, exportAudit } from './audit-exports.job-definitions.js';
import { exportPath } from './audit-exports.service.js';
import { AuditKeys } from './audit-keys.service.js';
import { AuditSealer } from './audit-sealer.service.js';
import { toCanonicalJson } from './canonical-json.rules.js';
import { genesisHash, toRecord } from './chain.rules.js';

const pageSize = 2000;

interface ExportedChain {
  readonly chain: string;
  readonly name: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The hash of the row before the first one. */
  readonly prevHash: string;
  readonly lastHash: string;
  readonly stub: unknown;
}

/** Writes the file: a manifest, the rows of each chain with its checkpoints, and an end that signs all before it. */
@Processes(exportAudit)
@Injectable()
export class ExportAuditProcessor implements JobProcessor<ExportAuditPayload> {
  constructor(
    private readonly database: Database,
    private readonly keys: AuditKeys,
    private readonly sealer: AuditSealer,
    private readonly audit: AuditService,
    private readonly operations: OperationsService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'uploadsDir'>,
  ) {}

  async run({ id }: ExportAuditPayload, { signal }: JobContext): Promise<void> {
    const row = await this.database.read.auditExport.findUnique({ where: { id } });
    if (!row || row.state === 'ready') return;
    await this.operations.step(row.operation, 'write', 'running');
    await this.sealer.run();
    const path = exportPath(this.config.uploadsDir, id);
    const partial = `${path}.partial`;
    await mkdir(dirname(path), { recursive: true });
    let rows = 0;
    const lines = this.writeLines(row, () => {
      rows += 1;
    });
    try {
      await pipeline(Readable.from(lines), createWriteStream(partial, { mode: 0o600 }), { signal });
      await rename(partial, path);
    } finally {
      await rm(partial, { force: true });
    }
    const sizeBytes = (await stat(path)).size;
    const data = { state: 'ready', rows, sizeBytes, finishedAt: this.clock.now() };
    await this.database.read.auditExport.updateMany({ where: { id }, data });
    await this.operations.step(row.operation, 'write', 'succeeded');
    await this.operations.succeed(row.operation, { export: id, rows, sizeBytes });
  }

  async giveUp({ id }: ExportAuditPayload, error: Error): Promise<void> {
    const row = await this.database.read.auditExport.findUnique({ where: { id } });
    await this.database.read.auditExport.updateMany({ where: { id }, data: { state: 'failed' } });
    if (!row) return;
    await this.operations.fail(row.operation, { code: 'audit-export-failed', message: error.message });
    const { tenant, tenantId } = row;
    await this.audit.note(systemCaller('audit', id), {
      action: 'audit-export.fail',
      resource: `${tenant ? `tenants/${tenant}/` : ''}audit-exports/${id}`,
      outcome: 'failed',
      ...(tenant && tenantId && { tenant: { id: tenantId, name: tenant } }),
      after: { error: error.message },
    });
  }

  private async *writeLines(row: AuditExportModel, onRow: () => void): AsyncGenerator<string> {
    const hash = createHash('sha256');
    const line = (value: object): string => {
      const text = `${toCanonicalJson(value)}\n`;
      hash.update(text);
      return text;
    };
    const chains = await this.findChains(row);
    let count = 0;
    yield line({
      type: 'manifest',
      format: 'slipway-audit/1',
      createdAt: this.clock.now().toISOString(),
      tenant: row.tenant,
      from: row.fromAt?.toISOString() ?? null,
      to: row.toAt?.toISOString() ?? null,
      chains,
    });
    for (const chain of chains) {
      for await (const value of this.readChain(chain)) {
        if (value.type === 'event') {
          count += 1;
          onRow();
        }
        yield line(value);
      }
    }
    const sha256 = hash.digest('hex');
    const signature = this.keys.canSign ? this.keys.signBytes(Buffer.from(`slipway-audit-export ${sha256}`)) : {};
    yield `${toCanonicalJson({ type: 'end', rows: count, sha256, ...signature })}\n`;
  }

  private async findChains(row: AuditExportModel): Promise<ExportedChain[]> {
    const chains = await this.database.read.auditChain.findMany({
      where: { id: row.tenantId ?? undefined },
      orderBy: { id: 'asc' },
    });
    const found: ExportedChain[] = [];
    for (const { id, name, seq, hash, removedSeq, removedHash, stub } of chains) {
      const { _min, _max } = await this.database.read.auditEvent.aggregate({
        where: { chain: id, seq: { lte: seq }, at: { gte: row.fromAt ?? undefined, lt: row.toAt ?? undefined } },
        _min: { seq: true },
        _max: { seq: true },
      });
      if (_min.seq === null || _max.seq === null) continue;
      const first = await this.database.read.auditEvent.findUniqueOrThrow({
        where: { chain_seq: { chain: id, seq: _min.seq } },
      });
      const last = await this.database.read.auditEvent.findUniqueOrThrow({
        where: { chain_seq: { chain: id, seq: _max.seq } },
      });
      found.push({
        chain: id,
        name,
        firstSeq: Number(_min.seq),
        lastSeq: Number(_max.seq),
        prevHash: _min.seq === removedSeq + 1n ? removedHash : (first.prevHash ?? genesisHash),
        lastHash: _max.seq === seq ? hash : (last.hash ?? ''),
        stub,
      });
    }
    return found;
  }

  private async *readChain({
    chain,
    firstSeq,
    lastSeq,
  }: ExportedChain): AsyncGenerator<{ readonly type: string } & Record<string, unknown>> {
    for (let from = firstSeq; from <= lastSeq; from += pageSize) {
      const seq = { gte: from, lte: Math.min(from + pageSize - 1, lastSeq) };
      const rows = await this.database.read.auditEvent.findMany({ where: { chain, seq }, orderBy: { seq: 'asc' } });
      const marks = await this.database.read.auditCheckpoint.findMany({ where: { chain, seq } });
      const bySeq = new Map(marks.map((mark) => [mark.seq, mark]));
      for (const row of rows) {
        const { prevHash, hash } = row;
        yield { type: 'event', ...toRecord(row), seq: Number(row.seq), prevHash, hash } as const;
        const mark = row.seq === null ? undefined : bySeq.get(row.seq);
        if (mark) yield { type: 'checkpoint', ...mark, seq: Number(mark.seq), at: mark.at.toISOString() } as const;
      }
    }
  }
}
