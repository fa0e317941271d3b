export function renderPage({ entries, message, release }) {
  const items = entries.map((entry) => `      <li>${escapeHtml(entry)}</li>`).join('\n');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Guestbook</title>
    <style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; } li { overflow-wrap: anywhere; }</style>
  </head>
  <body>
    <h1>Guestbook</h1>
    <form method="post" action="/entries">
      <label>Your entry <input name="text" maxlength="500" required autofocus></label>
      <button>Sign</button>
    </form>
    ${message ? `<p role="alert">${escapeHtml(message)}</p>` : ''}
    <ul>
${items}
    </ul>
    <footer>release ${escapeHtml(release)}</footer>
  </body>
</html>
`;
}

function escapeHtml(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (character) => entities[character]);
}
