// What a person sees while things take long: one live line on a terminal, plain lines elsewhere (CI, files).
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const plainEveryMs = 10_000;

/** An error whose text tells the user what to do; no stack is shown. */
export class Advice extends Error {}

/** Runs steps one after another and says what each does and how long it took. `log` is where their output goes. */
export function createProgress({ log, out = process.stdout }) {
  const isLive = out.isTTY === true;
  const seconds = {};

  /** Runs `work(note)`; `note(text)` shows what is happening inside. Answers what `work` answers. */
  async function step(title, work) {
    const start = Date.now();
    let detail = '';
    let frame = 0;
    let said = start;
    const draw = () => {
      const took = Math.round((Date.now() - start) / 1000);
      if (isLive) {
        const text = `${frames[frame++ % frames.length]} ${title}  ${took}s  ${detail}`;
        out.write(`\r\u001b[2K${text.slice(0, (out.columns ?? 80) - 1)}`);
      } else if (Date.now() - said > plainEveryMs) {
        said = Date.now();
        out.write(`  … ${title}: ${took} s${detail ? `, ${detail}` : ''}\n`);
      }
    };
    if (!isLive) out.write(`  … ${title}\n`);
    const timer = setInterval(draw, isLive ? 100 : 1000);
    try {
      const result = await work((text) => {
        detail = text;
      });
      clearInterval(timer);
      seconds[title] = (Date.now() - start) / 1000;
      const text = `  ✓ ${title.padEnd(34)} ${seconds[title].toFixed(1)} s${typeof result === 'string' ? `  ${result}` : ''}`;
      out.write(isLive ? `\r\u001b[2K${text}\n` : `${text}\n`);
      return result;
    } catch (error) {
      clearInterval(timer);
      out.write(`${isLive ? '\r\u001b[2K' : ''}  ✗ ${title}\n`);
      throw error;
    }
  }

  return { step, seconds, log };
}

/**
 * Runs a program with its output in the log file. `onLine` sees each line of its output, `onStatus` each line that it
 * writes to descriptor 3. Throws Advice with the last lines where it fails.
 */
export function run(command, args, { log, cwd, env, onLine, onStatus, seconds } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const last = [];
    const take = (handle) => {
      let rest = '';
      return (data) => {
        const lines = `${rest}${data}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) handle(line);
      };
    };
    const output = take((line) => {
      if (log) appendFileSync(log, `${line}\n`);
      last.push(line);
      if (last.length > 20) last.shift();
      onLine?.(line);
    });
    child.stdout.on('data', output);
    child.stderr.on('data', output);
    child.stdio[3].on(
      'data',
      take((line) => onStatus?.(line)),
    );
    const limit = seconds ? setTimeout(() => child.kill('SIGKILL'), seconds * 1000) : undefined;
    child.once('error', (error) => reject(new Advice(`${command} cannot be run: ${error.message}`)));
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (code === 0) return resolve();
      const why = signal ? `was killed by ${signal}` : `ended with code ${code}`;
      reject(
        new Advice(
          `${command} ${args.slice(0, 3).join(' ')} ${why}\n${last.join('\n')}\n${log ? `Everything: ${log}` : ''}`,
        ),
      );
    });
  });
}
