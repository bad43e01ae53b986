pm.test(`it is refused with ${status}`, () => {
    const body = pm.response.json();
    pm.response.to.have.status(status);
    pm.expect(body).to.have.all.keys('statusCode', 'message', 'requestId');
    pm.expect(body.statusCode).to.equal(status);
    pm.expect(body.message).to.match(says);
});
