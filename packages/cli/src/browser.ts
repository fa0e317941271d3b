import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** Opens the address in the desktop's browser, where there is one. Print it too: there may be no desktop. */
export function openInBrowser(url: string): void {
  // Only addresses of the web reach the desktop's opener, which would start programs for other ones.
  if (!/^https?:\/\//.test(url)) return;
  const opener = platform() === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
