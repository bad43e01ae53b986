pm.test('the response names its request', () => pm.response.to.have.header('request-id'));
