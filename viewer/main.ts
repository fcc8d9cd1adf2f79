import './page.css';
import { mountViewer } from './index.ts';

// The token came in the link; from here on the page's cookie carries it, and it leaves the address bar.
const address = new URL(location.href);
const token = address.searchParams.get('token');
if (token !== null) {
  address.searchParams.delete('token');
  history.replaceState(null, '', address);
}
const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
const query = token === null ? '' : `?token=${encodeURIComponent(token)}`;
mountViewer(document.body, {
  url: `${scheme}://${location.host}/${query}`,
  // Another build of the page may speak otherwise; the same one goes on as it is.
  onNewServer: (sameBuild) => {
    if (!sameBuild) location.reload();
  },
});
