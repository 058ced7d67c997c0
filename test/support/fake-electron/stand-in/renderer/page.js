/** A page with the handles that tests of the shell need. */
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(event.effectiveDirective);
});

window.commands = [];
window.flametailShell.onCommand((command) => window.commands.push(command));

/** Asks for a live port; resolves when it arrives. */
window.openPort = async () => {
  const arrived = new Promise((resolve) => {
    window.addEventListener('message', function listen(event) {
      if (event.source !== window || event.data !== 'flametail:port') return;
      window.removeEventListener('message', listen);
      resolve(event.ports[0]);
    });
  });
  return (await window.flametailShell.connectEngine()) ? arrived : null;
};

/** Sends one message through a port and resolves with what comes back. */
window.echo = (port, message) =>
  new Promise((resolve) => {
    port.onmessage = (event) => resolve(event.data);
    port.postMessage(message);
  });

window.isReady = true;
