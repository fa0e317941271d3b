import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from '../kernel/http/route.js';

export async function sendExport(
  response: Response,
  id: string,
  { sizeBytes, content }: { sizeBytes: number; content: Readable },
): Promise<void> {
  response.status(200);
  response.setHeader('Content-Type', 'application/x-ndjson');
  response.setHeader('Content-Length', String(sizeBytes));
  response.setHeader('Content-Disposition', `attachment; filename="audit-${id}.ndjson"`);
  response.setHeader('Cache-Control', 'no-store');
  await pipeline(content, response);
}
