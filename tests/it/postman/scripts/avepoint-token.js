// Gets an access token if there is none, or if it expires within a minute.
const expiresAt = Number(pm.variables.get('AVEPOINT_TOKEN_EXPIRES_AT') || 0);
if (!pm.variables.get('AVEPOINT_TOKEN') || Date.now() > expiresAt - 60000) {
    const field = (key, value) => ({ key, value });
    const request = {
        url: `${pm.variables.get('BASE_URL')}/connect/token`,
        method: 'POST',
        body: {
            mode: 'urlencoded',
            urlencoded: [
                field('grant_type', 'client_credentials'),
                field('client_id', pm.variables.get('AVEPOINT_CLIENT_ID')),
                field('client_secret', pm.variables.get('AVEPOINT_CLIENT_SECRET')),
            ],
        },
    };
    pm.sendRequest(request, (error, response) => {
        pm.test('a token is issued', () => {
            if (error) throw error;
            const body = response.json();
            if (!body.access_token) throw new Error(body.error_description);
            pm.environment.set('AVEPOINT_TOKEN', body.access_token);
            pm.environment.set('AVEPOINT_TOKEN_EXPIRES_AT', Date.now() + body.expires_in * 1000);
        });
    });
}
