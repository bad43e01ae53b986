// The vendor answers with HTTP 200 and has the status in the body.
pm.test(`it is refused with ${status}`, () => {
    const body = pm.response.json();
    pm.response.to.have.status(200);
    pm.expect(body).to.include.all.keys('statusCode', 'message', 'requestId');
    pm.expect(body).not.to.have.property('data');
    pm.expect(body.statusCode).to.equal(status);
    pm.expect(body.message).to.match(says);
});
