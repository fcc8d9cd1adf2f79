// Chromium under LANG=C calls its language `en-US@posix`, which is no language tag; uPlot formats numbers by it as soon
// as it is loaded. Must be imported before it.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
