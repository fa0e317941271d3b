export type Language = 'en' | 'zh';

const texts = {
  en: {
    signIn: 'Sign in',
    username: 'User name',
    password: 'Password',
    wrong: 'The user name or the password is wrong.',
    tooMany: 'Too many attempts. Wait a while, then try again.',
    expired: 'This sign-in has expired. Go back to where you came from and begin again.',
    signOut: 'Sign out',
    signOutQuestion: 'Do you want to sign out of Slipway?',
    stay: 'Stay signed in',
    signedOut: 'You are signed out.',
    device: 'Connect a device',
    deviceHint: 'Type the code that your terminal shows.',
    deviceWrong: 'This code is wrong or has expired.',
    deviceConfirm: 'Does your terminal show this code?',
    next: 'Continue',
    confirm: 'Yes, connect it',
    abort: 'No',
    deviceDone: 'Connected. You can close this page and go back to your terminal.',
    failed: 'The sign-in could not be done.',
    factor: 'Second factor',
    factorHint: 'Type the code that your authenticator app shows, or a recovery code.',
    code: 'Code',
    codeWrong: 'The code is wrong, or was used before.',
    enrol: 'Set up a second factor',
    enrolHint:
      'Your role requires a second factor. Scan this with an authenticator app, then type the code that it shows.',
    enrolSecret: 'Or type this key into the app:',
    recovery: 'Recovery codes',
    recoveryHint:
      'Keep these where you keep passwords. Each works once, should you lose the device. They are not shown again.',
    recoveryDone: 'I have kept them',
  },
  zh: {
    signIn: '登录',
    username: '用户名',
    password: '密码',
    wrong: '用户名或密码错误。',
    tooMany: '尝试次数过多，请稍后重试。',
    expired: '本次登录已过期，请返回原页面重新开始。',
    signOut: '退出登录',
    signOutQuestion: '确定要退出 Slipway 吗？',
    stay: '保持登录',
    signedOut: '您已退出登录。',
    device: '连接设备',
    deviceHint: '请输入终端中显示的代码。',
    deviceWrong: '代码错误或已过期。',
    deviceConfirm: '您的终端显示的是这个代码吗？',
    next: '继续',
    confirm: '是，连接',
    abort: '否',
    deviceDone: '已连接。您可以关闭此页面并返回终端。',
    failed: '无法完成登录。',
    factor: '两步验证',
    factorHint: '请输入身份验证器应用中显示的验证码，或一个恢复码。',
    code: '验证码',
    codeWrong: '验证码错误或已被使用。',
    enrol: '设置两步验证',
    enrolHint: '您的角色要求启用两步验证。请用身份验证器应用扫描二维码，然后输入应用显示的验证码。',
    enrolSecret: '也可以在应用中手动输入此密钥：',
    recovery: '恢复码',
    recoveryHint: '请将这些恢复码妥善保存在密码管理器等安全的地方。丢失设备时每个恢复码可使用一次，之后不会再次显示。',
    recoveryDone: '我已保存',
  },
} as const;

export type PageText = keyof (typeof texts)['en'];

/** The language of `ui_locales` (OIDC), else of Accept-Language, else English. */
export function chooseLanguage(uiLocales: unknown, acceptLanguage: string | undefined): Language {
  const wanted = typeof uiLocales === 'string' && uiLocales.trim() !== '' ? uiLocales : (acceptLanguage ?? '');
  for (const tag of wanted.split(/[\s,]+/)) {
    if (/^zh\b/i.test(tag)) return 'zh';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

export function renderLogin(language: Language, action: string, form: { username?: string; error?: PageText }): string {
  const t = texts[language];
  const error = form.error ? `<p class="error" role="alert">${t[form.error]}</p>` : '';
  const focus = form.username ? ['', ' autofocus'] : [' autofocus', ''];
  return renderPage(
    language,
    t.signIn,
    `${error}<form method="post" action="${escapeHtml(action)}">
      <label>${t.username}<input name="username" value="${escapeHtml(form.username ?? '')}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required${focus[0]}></label>
      <label>${t.password}<input name="password" type="password" autocomplete="current-password" maxlength="200" required${focus[1]}></label>
      <button type="submit">${t.signIn}</button>
    </form>`,
  );
}

function renderCodeForm(language: Language, action: string): string {
  const t = texts[language];
  return `<form method="post" action="${escapeHtml(action)}">
      <label>${t.code}<input name="code" autocomplete="one-time-code" inputmode="text" autocapitalize="none" spellcheck="false" maxlength="20" required autofocus></label>
      <button type="submit">${t.next}</button>
    </form>`;
}

export function renderFactor(language: Language, action: string, error?: PageText): string {
  const t = texts[language];
  const alert = error ? `<p class="error" role="alert">${t[error]}</p>` : '';
  return renderPage(language, t.factor, `${alert}<p>${t.factorHint}</p>${renderCodeForm(language, action)}`);
}

/** `svg` is a QR code of our own making. */
export function renderEnrolment(
  language: Language,
  action: string,
  enrolment: { svg: string; secret: string },
  error?: PageText,
): string {
  const t = texts[language];
  const alert = error ? `<p class="error" role="alert">${t[error]}</p>` : '';
  const secret = `<p class="detail">${t.enrolSecret}<br><code>${escapeHtml(enrolment.secret)}</code></p>`;
  const body = `${alert}<p>${t.enrolHint}</p><div class="qr">${enrolment.svg}</div>${secret}`;
  return renderPage(language, t.enrol, body + renderCodeForm(language, action));
}

export function renderRecoveryCodes(language: Language, action: string, codes: readonly string[]): string {
  const t = texts[language];
  const list = codes.map((code) => `<li><code>${escapeHtml(code)}</code></li>`).join('');
  const form = `<form method="post" action="${escapeHtml(action)}"><button type="submit" name="done" value="yes">${t.recoveryDone}</button></form>`;
  return renderPage(language, t.recovery, `<p>${t.recoveryHint}</p><ul class="codes">${list}</ul>${form}`);
}

/** `form` is oidc-provider's own form with its token in it; our buttons name it. `autoSubmitNonce` presses the first one. */
export function renderLogout(language: Language, form: string, autoSubmitNonce?: string): string {
  const t = texts[language];
  const script = autoSubmitNonce
    ? `<script nonce="${autoSubmitNonce}">document.querySelector('button[name=logout]').click()</script>`
    : '';
  return renderPage(
    language,
    t.signOut,
    `<p>${t.signOutQuestion}</p>${form}
    <button type="submit" form="op.logoutForm" name="logout" value="yes">${t.signOut}</button>
    <button type="submit" form="op.logoutForm" class="plain">${t.stay}</button>${script}`,
  );
}

export function renderDeviceInput(language: Language, form: string, isWrong: boolean): string {
  const t = texts[language];
  const error = isWrong ? `<p class="error" role="alert">${t.deviceWrong}</p>` : '';
  return renderPage(
    language,
    t.device,
    `${error}<p>${t.deviceHint}</p>${form}<button type="submit" form="op.deviceInputForm">${t.next}</button>`,
  );
}

export function renderDeviceConfirm(language: Language, form: string, userCode: string): string {
  const t = texts[language];
  return renderPage(
    language,
    t.device,
    `<p>${t.deviceConfirm}</p><p class="code">${escapeHtml(userCode)}</p>${form}
    <button type="submit" form="op.deviceConfirmForm">${t.confirm}</button>
    <button type="submit" form="op.deviceConfirmForm" name="abort" value="yes" class="plain">${t.abort}</button>`,
  );
}

export function renderMessage(language: Language, title: PageText, message: PageText, detail = ''): string {
  const t = texts[language];
  const more = detail ? `<p class="detail">${escapeHtml(detail)}</p>` : '';
  return renderPage(language, t[title], `<p>${t[message]}</p>${more}`);
}

const style = `
:root{color-scheme:light dark;--ink:#1f2937;--soft:#6b7280;--page:#f3f5f8;--card:#fff;--line:#d5dae1;--brand:#1f5eff;--bad:#b42318}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#98a2b3;--page:#0d1117;--card:#161b22;--line:#30363d;--brand:#5b8cff;--bad:#ff7b72}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
main{width:100%;max-width:380px;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:32px}
.name{font-weight:700;letter-spacing:.02em;color:var(--brand);margin:0}h1{font-size:22px;margin:4px 0 24px}
label{display:block;margin-bottom:16px;font-size:14px;color:var(--soft)}
input:not([type=hidden]){display:block;width:100%;margin-top:6px;padding:10px 12px;font:inherit;color:var(--ink);background:transparent;border:1px solid var(--line);border-radius:8px}
input:focus-visible,button:focus-visible{outline:2px solid var(--brand);outline-offset:1px}
button{width:100%;margin-top:8px;padding:11px;font:inherit;font-weight:600;border:1px solid transparent;border-radius:8px;background:var(--brand);color:#fff;cursor:pointer}
button.plain{background:transparent;color:var(--ink);border-color:var(--line)}
.error{color:var(--bad);margin:0 0 16px}.detail{color:var(--soft);font-size:14px}.code{font:600 28px/1 ui-monospace,monospace;letter-spacing:.1em;text-align:center}
.qr{background:#fff;border-radius:8px;padding:8px;margin:0 auto 16px;max-width:220px}.qr svg{display:block;width:100%;height:auto}
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}.codes{columns:2;padding:0;list-style:none;text-align:center;line-height:2}`;

function renderPage(language: Language, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${title} · Slipway</title><style>${style}</style></head>
<body><main><p class="name">Slipway</p><h1>${title}</h1>${body}</main></body></html>`;
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? '');
}
