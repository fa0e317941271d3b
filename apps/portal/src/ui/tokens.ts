import type { ThemeConfig } from 'antd';

/** The whole palette. Text on its ground has a contrast of 4.5:1 at least, in both themes. */
interface Palette {
  readonly canvas: string;
  readonly surface: string;
  readonly raised: string;
  readonly sunken: string;
  readonly hover: string;
  readonly border: string;
  readonly borderStrong: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly accentHover: string;
  readonly onAccent: string;
  readonly accentSoft: string;
  readonly healthy: string;
  readonly healthySoft: string;
  readonly progressing: string;
  readonly progressingSoft: string;
  readonly degraded: string;
  readonly degradedSoft: string;
  readonly failed: string;
  readonly failedSoft: string;
  readonly idle: string;
  readonly idleSoft: string;
  readonly shadow: string;
}

export type ThemeName = 'light' | 'dark';

export const palettes: Record<ThemeName, Palette> = {
  light: {
    canvas: '#f7f7f8',
    surface: '#ffffff',
    raised: '#ffffff',
    sunken: '#f4f4f6',
    hover: '#f0f0f3',
    border: '#e3e3e8',
    borderStrong: '#c9c9d1',
    text: '#17181c',
    muted: '#5c5f69',
    accent: '#2456d6',
    accentHover: '#1d48b8',
    onAccent: '#ffffff',
    accentSoft: '#e9effd',
    healthy: '#13743a',
    healthySoft: '#e6f4eb',
    progressing: '#2456d6',
    progressingSoft: '#e9effd',
    degraded: '#8f5400',
    degradedSoft: '#fdf2de',
    failed: '#b8241f',
    failedSoft: '#fdebea',
    idle: '#5c5f69',
    idleSoft: '#efeff2',
    shadow: '0 8px 28px rgb(20 22 30 / 14%), 0 1px 3px rgb(20 22 30 / 10%)',
  },
  dark: {
    canvas: '#0e0f12',
    surface: '#15161a',
    raised: '#1b1d22',
    sunken: '#111216',
    hover: '#202228',
    border: '#292b32',
    borderStrong: '#40434d',
    text: '#ececf0',
    muted: '#a0a3ae',
    accent: '#84a5ff',
    accentHover: '#a3bcff',
    onAccent: '#0c1330',
    accentSoft: '#1b2440',
    healthy: '#5fce8b',
    healthySoft: '#14291d',
    progressing: '#84a5ff',
    progressingSoft: '#1b2440',
    degraded: '#eeb250',
    degradedSoft: '#2e2412',
    failed: '#ff857d',
    failedSoft: '#361a19',
    idle: '#a0a3ae',
    idleSoft: '#22242a',
    shadow: '0 10px 34px rgb(0 0 0 / 55%), 0 0 0 1px rgb(255 255 255 / 4%)',
  },
};

const fontSans =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";
const fontMono =
  "ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace";

const toKebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const toVariables = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, value]) => `--${toKebab(name)}:${value}`)
    .join(';');

/** The tokens as CSS custom properties; `data-theme` on the html element chooses. */
export const tokenStyles = [
  `:root{--font-sans:${fontSans};--font-mono:${fontMono};--radius:6px;color-scheme:light;${toVariables(palettes.light)}}`,
  `:root[data-theme=dark]{color-scheme:dark;${toVariables(palettes.dark)}}`,
].join('\n');

/** antd's theme from the same tokens. */
export function toAntdTheme(name: ThemeName): ThemeConfig {
  const palette = palettes[name];
  return {
    hashed: false,
    token: {
      colorPrimary: palette.accent,
      colorPrimaryHover: palette.accentHover,
      colorPrimaryActive: palette.accentHover,
      colorTextLightSolid: palette.onAccent,
      colorLink: palette.accent,
      colorError: palette.failed,
      colorWarning: palette.degraded,
      colorSuccess: palette.healthy,
      colorInfo: palette.accent,
      colorText: palette.text,
      colorTextSecondary: palette.muted,
      colorTextTertiary: palette.muted,
      colorTextDescription: palette.muted,
      colorTextPlaceholder: palette.muted,
      colorTextDisabled: palette.muted,
      colorBgBase: palette.surface,
      colorBgContainer: palette.surface,
      colorBgElevated: palette.raised,
      colorBorder: palette.borderStrong,
      colorBorderSecondary: palette.border,
      fontFamily: fontSans,
      fontFamilyCode: fontMono,
      fontSize: 13,
      controlHeight: 32,
      controlHeightSM: 26,
      borderRadius: 6,
      // A button that loads shows so by its sign; dimmed, its words would have too little contrast.
      opacityLoading: 1,
      motionDurationFast: '0.08s',
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.15s',
      wireframe: false,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', fontWeight: 500 },
      Segmented: {
        trackBg: palette.hover,
        itemSelectedBg: palette.raised,
        itemColor: palette.muted,
        itemSelectedColor: palette.text,
      },
      Tooltip: { colorBgSpotlight: name === 'dark' ? '#33363f' : '#24262d', colorTextLightSolid: '#ffffff' },
    },
  };
}
