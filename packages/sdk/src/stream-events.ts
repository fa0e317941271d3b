export interface SentEvent {
  /** Send it back as Last-Event-ID to go on after this event. */
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** The server-sent events of a response, until it ends. Comments (heartbeats) are skipped. */
export async function* streamEvents(response: Response): AsyncGenerator<SentEvent> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parseBlock(block);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseBlock(block: string): SentEvent | undefined {
  const fields = block.split(/\r?\n/).flatMap((line) => {
    const match = /^(id|event|data):? ?(.*)$/.exec(line);
    return match ? [{ name: match[1], value: match[2] ?? '' }] : [];
  });
  const find = (name: string) => fields.findLast((field) => field.name === name)?.value;
  const data = fields.filter((field) => field.name === 'data').map((field) => field.value);
  return data.length === 0 ? undefined : { id: find('id'), event: find('event') ?? 'message', data: data.join('\n') };
}
