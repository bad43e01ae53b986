// Gets a management token if there is none, or if it expires within a minute.
const expiresAt = Number(pm.variables.get('GENAUTH_TOKEN_EXPIRES_AT') || 0);
if (!pm.variables.get('GENAUTH_TOKEN') || Date.now() > expiresAt - 60000) {
    const request = {
        url: `${pm.variables.get('BASE_URL')}/api/v3/get-management-token`,
        method: 'POST',
        header: { 'content-type': 'application/json' },
        body: {
            mode: 'raw',
            raw: JSON.stringify({
                accessKeyId: pm.variables.get('GENAUTH_ACCESS_KEY_ID'),
                accessKeySecret: pm.variables.get('GENAUTH_ACCESS_KEY_SECRET'),
            }),
        },
    };
    pm.sendRequest(request, (error, response) => {
        pm.test('a token is issued', () => {
            if (error) throw error;
            const body = response.json();
            if (!body.data) throw new Error(body.message);
            pm.environment.set('GENAUTH_TOKEN', body.data.access_token);
            pm.environment.set('GENAUTH_TOKEN_EXPIRES_AT', Date.now() + body.data.expires_in * 1000);
        });
    });
}
