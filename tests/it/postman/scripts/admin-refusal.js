// RFC 9457
pm.test(`it is refused with ${status}`, () => {
    const body = pm.response.json();
    pm.response.to.have.status(status);
    pm.response.to.have.header('content-type', 'application/problem+json');
    pm.expect(body.status).to.equal(status);
    pm.expect(body.title).to.be.a('string');
    pm.expect(body.detail).to.match(says);
});
