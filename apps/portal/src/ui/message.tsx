/** A sentence; what follows its first line is the end of a log, as it was written. */
export function Message({ text, className = '' }: { text: string; className?: string }) {
  const [sentence = '', ...log] = text.split('\n');
  return (
    <div className={`message ${className}`.trim()}>
      <span className="break">{sentence}</span>
      {log.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        <pre className="message-log" tabIndex={0}>
          {log.join('\n')}
        </pre>
      )}
    </div>
  );
}

/** Its sentence alone, for where there is no room for a log. */
export const toSentence = (text: string): string => (text.split('\n')[0] ?? '').replace(/ Its last words:$/, '');
