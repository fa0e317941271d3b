import { connect } from 'node:net';

/**
 * A Redis client of one connection, made when it is first needed and again after it broke.
 * Commands are sent as arrays of bulk strings; replies come in the order of the commands
 * (https://redis.io/docs/latest/develop/reference/protocol-spec/).
 */
export function createRedis({ host, port, timeoutMilliseconds = 2000 }) {
  let socket;
  let waiting = [];

  function open() {
    const opened = connect({ host, port });
    let buffer = Buffer.alloc(0);
    const fail = (error) => {
      if (socket !== opened) return;
      socket = undefined;
      opened.destroy();
      const failed = waiting;
      waiting = [];
      for (const command of failed) command.reject(error);
    };
    opened.setTimeout(timeoutMilliseconds);
    // Silence is a fault only while an answer is owed.
    opened.on('timeout', () => waiting.length > 0 && fail(new Error(`${host}:${port} does not answer`)));
    opened.on('error', fail);
    opened.on('close', () => fail(new Error(`${host}:${port} closed the connection`)));
    opened.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      for (let reply = readReply(buffer, 0); reply; reply = readReply(buffer, 0)) {
        buffer = buffer.subarray(reply.end);
        const command = waiting.shift();
        if (reply.value instanceof Error) command?.reject(reply.value);
        else command?.resolve(reply.value);
      }
    });
    return opened;
  }

  return {
    /** @returns {Promise<string | number | null | unknown[]>} the reply; an error reply rejects */
    send(...words) {
      socket ??= open();
      const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
      socket.write(`*${words.length}\r\n${parts.join('')}`);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    close() {
      socket?.end();
    },
  };
}

/** One reply from `start`, or undefined while it is not whole. */
export function readReply(buffer, start) {
  const lineEnd = buffer.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const text = buffer.toString('utf8', start + 1, lineEnd);
  const next = lineEnd + 2;
  switch (String.fromCharCode(buffer[start])) {
    case '+':
      return { value: text, end: next };
    case '-':
      return { value: new Error(text), end: next };
    case ':':
      return { value: Number(text), end: next };
    case '$': {
      const length = Number(text);
      if (length === -1) return { value: null, end: next };
      if (buffer.length < next + length + 2) return undefined;
      return { value: buffer.toString('utf8', next, next + length), end: next + length + 2 };
    }
    case '*': {
      const values = [];
      let end = next;
      for (let index = 0; index < Number(text); index += 1) {
        const item = readReply(buffer, end);
        if (!item) return undefined;
        values.push(item.value);
        end = item.end;
      }
      return { value: values, end };
    }
    default:
      throw new Error(`not a Redis reply: ${text}`);
  }
}
